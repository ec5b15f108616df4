"""Write formulas of Office Math Markup (OMML) on one line, as those of MathML are.

LaTeX's notation is used where plain text would be misread: `x^{10}`, not `x10`.
"""

from collections.abc import Callable

from vouch.parsers.common.formula_parts import braced, grouped
from vouch.parsers.common.xml.tree import Xml, attribute, child, name_of

_FUNCTION_APPLICATION = "\u2061"  # has no width; Word puts it between `sin` and its argument
_ACCENTS = {
    "\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "bar", "\u0307": "dot",
    "\u0308": "ddot", "\u20d7": "vec",
}  # fmt: skip
_HAT = "\u0302"  # where a formula names no accent


def formula(element: Xml) -> str:
    """Return an `oMath` element as text: `a/b`, `a^{10}`, `a_{ij}`, `√(a + b)`."""
    return " ".join(_inside(element).split())


def _inside(element: Xml) -> str:
    return "".join(map(_text, element))


def _text(element: Xml) -> str:
    name = name_of(element)
    if name == "t":
        return (element.text or "").replace(_FUNCTION_APPLICATION, "")
    if name.endswith("Pr"):  # properties, such as the font of a run
        return ""
    return _FORMS.get(name, _inside)(element)


def _fraction(element: Xml) -> str:
    above, below = _part(element, "num"), _part(element, "den")
    if attribute(child(element, "fPr", "type"), "val") == "noBar":
        return rf" \binom{{{above}}}{{{below}}} "
    # Apart from what is beside it: `2 1/2` is not `21/2`.
    return f" {grouped(above)}/{grouped(below)} "


def _root(element: Xml) -> str:
    degree = _part(element, "deg")
    return f"√{f'[{degree}]' if degree else ''}{grouped(_part(element, 'e'))}"


def _scripted(element: Xml) -> str:
    base = _part(element, "e")
    return f"{grouped(base)}{_script('_', element, 'sub')}{_script('^', element, 'sup')}"


def _scripted_before(element: Xml) -> str:
    """Return `{}_{92}^{238}U`."""
    scripts = _script("_", element, "sub") + _script("^", element, "sup")
    return f" {{}}{scripts}{_part(element, 'e')}"


def _sum(element: Xml) -> str:
    sign = attribute(child(element, "naryPr", "chr"), "val") or "∫"
    limits = f"{_script('_', element, 'sub')}{_script('^', element, 'sup')}"
    return f"{sign}{limits} {_part(element, 'e')}"


def _in_brackets(element: Xml) -> str:
    begin = attribute(child(element, "dPr", "begChr"), "val")
    end = attribute(child(element, "dPr", "endChr"), "val")
    sign = attribute(child(element, "dPr", "sepChr"), "val")
    border = "|" if sign is None else f"{sign} "
    inside = border.join(formula(node) for node in element if name_of(node) == "e")
    return f"{'(' if begin is None else begin}{inside}{')' if end is None else end}"


def _function(element: Xml) -> str:
    return f"{_part(element, 'fName')} {_part(element, 'e')}"


def _accented(element: Xml) -> str:
    sign = attribute(child(element, "accPr", "chr"), "val") or _HAT
    text = _part(element, "e")
    return rf"\{_ACCENTS[sign]}{{{text}}}" if sign in _ACCENTS else f"{text}{sign}"


def _barred(element: Xml) -> str:
    is_above = attribute(child(element, "barPr", "pos"), "val") == "top"
    return rf"\{'bar' if is_above else 'underline'}{{{_part(element, 'e')}}}"


def _rows(element: Xml) -> str:
    rows = (node for node in element if name_of(node) in ("mr", "e"))
    return "; ".join(filter(None, map(_row, rows)))


def _row(element: Xml) -> str:
    if name_of(element) == "e":  # a line of an array of equations
        return formula(element)
    return ", ".join(formula(cell) for cell in element if name_of(cell) == "e")


def _unseen(element: Xml) -> str:
    is_shown = attribute(child(element, "phantPr", "show"), "val") not in ("0", "off", "false")
    return _inside(element) if is_shown else " "


_FORMS: dict[str, Callable[[Xml], str]] = {
    "oMath": lambda element: f"{_inside(element)} ",  # of several in a paragraph
    "f": _fraction,
    "sSup": _scripted,
    "sSub": _scripted,
    "sSubSup": _scripted,
    "sPre": _scripted_before,
    "rad": _root,
    "nary": _sum,
    "d": _in_brackets,
    "func": _function,
    "limLow": lambda element: f"{_part(element, 'e')}{_script('_', element, 'lim')}",
    "limUpp": lambda element: f"{_part(element, 'e')}{_script('^', element, 'lim')}",
    "acc": _accented,
    "bar": _barred,
    "m": _rows,
    "eqArr": _rows,
    "phant": _unseen,
}


def _part(element: Xml, name: str) -> str:
    part = child(element, name)
    return "" if part is None else formula(part)


def _script(sign: str, element: Xml, name: str) -> str:
    """Return a power or an index, in braces where it has more than one character."""
    text = _part(element, name)
    return f"{sign}{braced(text)}" if text else ""
