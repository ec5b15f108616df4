"""Parts of a formula on one line, so that no number runs into the next."""


def braced(text: str) -> str:
    """Put a power or an index of several characters into braces."""
    return text if len(text) == 1 else f"{{{text}}}"


def grouped(part: str) -> str:
    """Put a part of several characters, other than a name or a number, into parentheses."""
    text = part.strip()
    is_one = len(text) <= 1 or text.replace(".", "").isalnum() or text.startswith("\\")
    return text if is_one or _is_bracketed(text) else f"({text})"


def _is_bracketed(text: str) -> bool:
    """Return whether one pair of brackets is around the whole of a text."""
    if (text[0], text[-1]) not in (("(", ")"), ("[", "]"), ("{", "}"), ("|", "|")):
        return False
    return not set(text[1:-1]) & {text[0], text[-1]}
