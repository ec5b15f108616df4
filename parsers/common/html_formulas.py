"""MathML formulas as text on one line: `F = m/2 v^2`."""

from collections.abc import Callable

from vouch.parsers.common.html_visibility import Node, name_of

_MAX_DEPTH = 60  # elements within one another; a formula is far from it
_SKIPPED = ("annotation", "annotation-xml", "mphantom", "maligngroup", "malignmark")
_UNSPACED = frozenset("()[]{}|!,;.'′⁡⁢⁣⁤")
# What is written between the parts of an element that has two or three of them.
_BETWEEN = {
    "mfrac": ("/",),
    "msup": ("^",),
    "msub": ("_",),
    "msubsup": ("_", "^"),
    "munder": ("_",),
    "mover": ("^",),
    "munderover": ("_", "^"),
}


def write_formulas(root: Node) -> None:
    """Replace each formula of a page by its text.

    Its layout says what its characters do not (that `120` is a fraction), and TeX in an annotation
    would say everything a second time.
    """
    for formula in list(root.iter("math")):
        text = " ".join(_text(formula, 0).split())
        formula.tag = "span"
        tail = formula.tail
        formula.clear()
        formula.text, formula.tail = text, tail


def _text(node: Node, depth: int) -> str:
    name = name_of(node)
    if name in _SKIPPED or depth > _MAX_DEPTH:
        return ""
    if len(node) == 0:
        text = (node.text or "").strip()
        return f" {text} " if name == "mo" and text not in _UNSPACED else text
    parts = [_text(child, depth + 1) for child in node]
    if name == "semantics":
        return parts[0]
    if name in _BETWEEN and len(parts) == len(_BETWEEN[name]) + 1:
        return f" {_joined(parts, _BETWEEN[name])} "
    return _PREFIXED.get(name, "".join)(parts)


def _joined(parts: list[str], signs: tuple[str, ...]) -> str:
    grouped = [_grouped(part) for part in parts]
    return grouped[0] + "".join(map("".join, zip(signs, grouped[1:], strict=True)))


def _grouped(part: str) -> str:
    """Put a part of several characters, other than a name or a number, into parentheses."""
    text = part.strip()
    return text if len(text) == 1 or text.replace(".", "").isalnum() else f"({text})"


def _root(parts: list[str]) -> str:
    return f" {parts[1].strip()}√{_grouped(parts[0])} "


_PREFIXED: dict[str, Callable[[list[str]], str]] = {
    "msqrt": lambda parts: f" √{_grouped(''.join(parts))} ",
    "mroot": lambda parts: _root(parts) if len(parts) == 2 else "".join(parts),
    "mtr": ", ".join,
    "mtable": "; ".join,
}
