"""Write formulas of Office Math Markup (OMML) on one line.

LaTeX's notation is used where plain text would be misread: `x^{10}`, not `x10`.
"""

from vouch.parsers.common.xml_tree import Xml, attribute, child, name_of

_FUNCTION_APPLICATION = "\u2061"  # has no width; Word puts it between `sin` and its argument


def formula(element: Xml) -> str:
    """Return an `oMath` element as text: `(a)/(b)`, `a^{b}`, `a_{b}`, `√(a)`."""
    return "".join(map(_text, element))


def _text(element: Xml) -> str:
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
            scripts = _script("_", element, "sub") + _script("^", element, "sup")
            return f"{_part(element, 'e')}{scripts}"
        case "rad":
            degree = _part(element, "deg")
            return f"√{f'[{degree}]' if degree else ''}({_part(element, 'e')})"
        case "nary":
            sign = attribute(child(element, "naryPr", "chr"), "val") or "∫"
            limits = f"{_script('_', element, 'sub')}{_script('^', element, 'sup')}"
            return f"{sign}{limits} {_part(element, 'e')}"
        case "d":
            return _in_brackets(element)
        case name if name.endswith("Pr"):  # properties, such as the font of a run
            return ""
        case _:
            return formula(element)


def _in_brackets(element: Xml) -> str:
    begin = attribute(child(element, "dPr", "begChr"), "val")
    end = attribute(child(element, "dPr", "endChr"), "val")
    inside = ", ".join(formula(node) for node in element if name_of(node) == "e")
    return f"{'(' if begin is None else begin}{inside}{')' if end is None else end}"


def _part(element: Xml, name: str) -> str:
    part = child(element, name)
    return "" if part is None else formula(part).strip()


def _script(sign: str, element: Xml, name: str) -> str:
    """Return a power or an index, in braces where it has more than one character."""
    text = _part(element, name)
    return f"{sign}{text if len(text) <= 1 else f'{{{text}}}'}" if text else ""
