"""Office formulas on one line, in the notation of LaTeX where a plain one would be read wrongly."""

from vouch.parsers.common.xml_tree import Xml, attribute, child, name_of

_BRACES_IF_LONG = 1
_FUNCTION_APPLICATION = "\u2061"  # without width; Word puts it between sin and its angle


def formula(element: Xml) -> str:
    """The text of an `oMath` element: fractions as `(a)/(b)`, powers as `a^{b}`, indices as `a_{b}`."""
    return "".join(_read(one) for one in element)


def _read(element: Xml) -> str:
    match name_of(element):
        case "t":
            return (element.text or "").replace(_FUNCTION_APPLICATION, "")
        case "f":
            return f"({_part(element, 'num')})/({_part(element, 'den')})"
        case "sSup":
            return f"{_part(element, 'e')}{_script('^', element, 'sup')}"
        case "sSub":
            return f"{_part(element, 'e')}{_script('_', element, 'sub')}"
        case "sSubSup":
            return (
                f"{_part(element, 'e')}{_script('_', element, 'sub')}{_script('^', element, 'sup')}"
            )
        case "rad":
            degree = _part(element, "deg")
            return f"√{f'[{degree}]' if degree else ''}({_part(element, 'e')})"
        case "nary":
            sign = attribute(child(element, "naryPr", "chr"), "val") or "∫"
            limits = f"{_script('_', element, 'sub')}{_script('^', element, 'sup')}"
            return f"{sign}{limits} {_part(element, 'e')}"
        case "d":
            return _in_brackets(element)
        case name if name.endswith("Pr"):
            return ""
        case _:
            return formula(element)


def _in_brackets(element: Xml) -> str:
    begin = attribute(child(element, "dPr", "begChr"), "val")
    end = attribute(child(element, "dPr", "endChr"), "val")
    inside = ", ".join(formula(one) for one in element if name_of(one) == "e")
    return f"{'(' if begin is None else begin}{inside}{')' if end is None else end}"


def _part(element: Xml, name: str) -> str:
    part = child(element, name)
    return "" if part is None else formula(part).strip()


def _script(sign: str, element: Xml, name: str) -> str:
    text = _part(element, name)
    return f"{sign}{text if len(text) <= _BRACES_IF_LONG else f'{{{text}}}'}" if text else ""
