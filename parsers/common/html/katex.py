"""Formulas that KaTeX has drawn without MathML beside them, on one line.

It draws what is above or below something as a list from bottom to top (`vlist`), which read as text
would put a denominator before its numerator, and a power into its base.
"""

from vouch.parsers.common.formula_parts import braced, grouped
from vouch.parsers.common.html.visibility import Node, name_of

_EMPTY = frozenset(
    "strut pstrut vlist-s nulldelimiter frac-line hide-tail sqrt-line svg-align".split()
)
_SPACED = frozenset("mbin mrel mspace mpunct".split())
_MAX_DEPTH = 200  # elements within one another, several for each level of a formula


def katex_text(drawn: Node, depth: int = 0) -> str:
    """Return the text of an element that KaTeX has drawn."""
    classes = set((drawn.get("class") or "").split())
    if name_of(drawn) == "svg" or classes & _EMPTY or depth > _MAX_DEPTH:
        return ""
    if "mfrac" in classes:
        lower, *_, upper = [*_stack(drawn, depth), "", ""][:2]
        return f" {grouped(upper)}/{grouped(lower)} "
    if "msupsub" in classes:
        parts = _stack(drawn, depth)
        # Only a list that reaches below the line has a second row.
        signs = "_^" if len(parts) > 1 else "_" if _reaches_below(drawn) else "^"
        return "".join(f"{sign}{braced(part)}" for sign, part in zip(signs, parts, strict=False))
    if "op-limits" in classes:
        parts = _stack(drawn, depth)
        place = 1 if len(parts) == 3 or _reaches_below(drawn) else 0
        limits = [*parts[:place], *parts[place + 1 :]]
        signs = "_^" if len(limits) > 1 else "_" if place else "^"
        written = (f"{sign}{braced(part)}" for sign, part in zip(signs, limits, strict=False))
        return f" {parts[place] if parts else ''}{''.join(written)} "
    text = drawn.text or ""
    for child in drawn:
        text += katex_text(child, depth + 1) + (child.tail or "")
    if "sqrt" in classes:
        return f" √{grouped(text)} "
    return f" {text} " if classes & _SPACED else text


def _stack(drawn: Node, depth: int) -> list[str]:
    """Return the texts of a list from bottom to top."""
    vlists = (node for node in drawn.iter("span") if "vlist" in (node.get("class") or "").split())
    first = next(vlists, None)
    texts = [] if first is None else [katex_text(row, depth + 1).strip() for row in first]
    return [text for text in texts if text]


def _reaches_below(drawn: Node) -> bool:
    return any("vlist-t2" in (node.get("class") or "").split() for node in drawn.iter("span"))
