"""MathML formulas as text on one line: `F = m/2 v^2`, `x^{10}`, `√(x + 1)`.

A numerator, a power or an index of several characters is in parentheses or braces, as LaTeX and the
formulas of Word have them, so that no number runs into the next.
"""

from collections.abc import Callable, Sequence

from vouch.parsers.common.formula_parts import braced, grouped
from vouch.parsers.common.html.visibility import Node, name_of

_MAX_DEPTH = 60  # elements within one another; a formula is far from it
_SKIPPED = ("annotation", "annotation-xml", "mphantom", "maligngroup", "malignmark", "none")
_UNSPACED = frozenset("()[]{}|!,;.'′")
# Function application, and the times, comma and plus that nobody sees.
_UNSEEN = {"\u2061": "", "\u2062": "", "\u2063": "", "\u2064": " "}
_SIGNS = frozenset("+-−±∓¬")
_ACCENTS = {
    "^": "hat", "ˆ": "hat", "\u0302": "hat", "¯": "bar", "‾": "bar", "\u0304": "bar", "―": "bar",
    "→": "vec", "\u20d7": "vec", "˙": "dot", "\u0307": "dot", "¨": "ddot",
    "~": "tilde", "˜": "tilde", "\u0303": "tilde", "_": "underline", "\u0332": "underline",
    "⏞": "overbrace", "⏟": "underbrace",
}  # fmt: skip
_TEX = "application/x-tex"


def formula_text(formula: Node) -> str:
    """Return a `math` element on one line.

    Its layout says what its characters do not: that `120` is a fraction. Where it has none, its TeX
    is returned.
    """
    text = " ".join(_text(formula, 0).split())
    if text:
        return text
    notes = (note for note in formula.iter("annotation") if note.get("encoding") == _TEX)
    written = next((note.text for note in notes if note.text), None)
    return " ".join((written or formula.get("alttext") or "").split())


def _text(node: Node, depth: int) -> str:
    name = _local(node)
    if name in _SKIPPED or depth > _MAX_DEPTH:
        return ""
    if len(node) == 0:
        return _token(node, name)
    if name == "mmultiscripts":
        return _multiscripts(node, depth)
    parts = [_text(child, depth + 1) for child in node]
    if name in ("semantics", "maction"):
        return parts[0]
    if name == "mfenced":
        return _fenced(node, parts)
    if name == "mfrac" and len(parts) == 2:
        is_choice = (node.get("linethickness") or "1").rstrip("pxtem%").strip("0.") == ""
        binomial = rf" \binom{{{parts[0].strip()}}}{{{parts[1].strip()}}} "
        return binomial if is_choice else f" {grouped(parts[0])}/{grouped(parts[1])} "
    if name in ("munder", "mover") and len(parts) == 2 and (mark := _ACCENTS.get(parts[1].strip())):
        return rf"\{mark}{{{parts[0].strip()}}}"
    if name in _SCRIPTS and len(parts) == len(_SCRIPTS[name]) + 1:
        return f" {grouped(parts[0])}{_scripts(_SCRIPTS[name], parts[1:])} "
    return _JOINED.get(name, "".join)(parts)


_SCRIPTS = {
    "msup": "^",
    "msub": "_",
    "msubsup": "_^",
    "munder": "_",
    "mover": "^",
    "munderover": "_^",
}


def _local(node: Node) -> str:
    """Return the tag without the prefix that some XHTML has."""
    return name_of(node).rpartition(":")[2]


def _token(node: Node, name: str) -> str:
    if name == "mspace":
        return " "
    text = " ".join((node.text or "").split())
    if name == "mo":
        text = "".join(_UNSEEN.get(character, character) for character in text)
        if not text.strip():
            return text
        is_sign = text in _SIGNS and _begins(node)
        return text if text in _UNSPACED or is_sign else f" {text} "
    if name == "ms":
        return f'"{text}"'
    # Texts and names of functions are words; a name of one letter is a factor beside others.
    is_word = name == "mtext" or (name == "mi" and len(text) > 1 and text.isalpha())
    return f" {text} " if is_word else text


def _begins(node: Node) -> bool:
    """Return whether an operator is a sign: it begins its part, or follows an opening bracket."""
    before = node.getprevious()
    return before is None or (
        _local(before) == "mo" and (before.text or "").strip() in ("(", "[", "{", "=", ",")
    )


def _scripts(signs: str, parts: Sequence[str]) -> str:
    return "".join(
        f"{sign}{braced(part.strip())}"
        for sign, part in zip(signs, parts, strict=True)
        if part.strip()
    )


def _fenced(node: Node, parts: Sequence[str]) -> str:
    opening, closing = node.get("open", "("), node.get("close", ")")
    signs = "".join(node.get("separators", ",").split())
    inside = "".join(
        f"{part.strip()}{f'{signs[min(i, len(signs) - 1)]} ' if signs else ' '}"
        for i, part in enumerate(parts[:-1])
    )
    return f"{opening}{inside}{parts[-1].strip()}{closing}"


def _multiscripts(node: Node, depth: int) -> str:
    """Return `{}_{92}^{238}U`: the pairs behind `mprescripts` are written before the base."""
    base, *rest = list(node)
    before: list[Node] = []
    names = list(map(_local, rest))
    if "mprescripts" in names:
        cut = names.index("mprescripts")
        rest, before = rest[:cut], rest[cut + 1 :]

    def pairs(nodes: Sequence[Node]) -> str:
        texts = [_text(part, depth + 1) for part in nodes]
        return "".join(
            _scripts("_^"[: len(pair)], pair)
            for pair in (texts[i : i + 2] for i in range(0, len(texts), 2))
        )

    prefix = pairs(before)
    return f" {f'{{}}{prefix}' if prefix else ''}{_text(base, depth + 1).strip()}{pairs(rest)} "


def _root(parts: list[str]) -> str:
    degree = parts[1].strip()
    return f" √{f'[{degree}]' if degree else ''}{grouped(parts[0])} "


_JOINED: dict[str, Callable[[list[str]], str]] = {
    "msqrt": lambda parts: f" √{grouped(''.join(parts))} ",
    "mroot": lambda parts: _root(parts) if len(parts) == 2 else "".join(parts),
    "mtr": lambda parts: ", ".join(part.strip() for part in parts),
    "mlabeledtr": lambda parts: f"{parts[0].strip()} {', '.join(map(str.strip, parts[1:]))}",
    "mtable": lambda parts: "; ".join(part.strip() for part in parts),
    # Sums and divisions as they are written at school, a row below another.
    "mstack": " ".join,
    "msrow": " ".join,
    "mlongdiv": " ".join,
}
