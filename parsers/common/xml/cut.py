"""XML whose end is missing, as after a download that was interrupted: what is whole can be read."""

import re

# Comments, sections, instructions and document types also where their end is missing.
_MARKUP = re.compile(
    r"<!--(?:.*?-->|.*)|<!\[CDATA\[(?:.*?\]\]>|.*)|<\?(?:.*?\?>|.*)"
    r"|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>"
    r"|<(?P<close>/?)(?P<name>[^\s<>/!?=\"']+)(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*>"
    r"|<",
    re.DOTALL,
)
_MIN_ELEMENTS = 2  # below that, a text that is no XML at all looks like one that is cut


def completed(text: str) -> tuple[str, int] | None:
    """Return a text cut off within an element, closed behind its last whole tag or text.

    Beside it is the place of the cut. None where the text is not cut, or has too little that is
    whole. The text may still be no XML before that place.
    """
    opened: list[str] = []
    closed = 0
    cut = len(text)
    for markup in _MARKUP.finditer(text):
        name, piece = markup["name"], markup[0]
        if name is None:
            if _is_whole(piece):
                continue
            if piece == "<" and text.find("<", markup.end()) >= 0:
                return None
            cut = markup.start()
            break
        if markup["close"]:
            if not opened or opened.pop() != name:
                return None
            closed += 1
        elif piece.endswith("/>"):
            closed += 1
        else:
            opened.append(name)
    if not opened or closed < _MIN_ELEMENTS:
        return None
    # What looks like the beginning of an entity at the end is none.
    body = re.sub(r"&[#\w]*\Z", "", text[:cut])
    return body + "".join(f"</{name}>" for name in reversed(opened)), cut


def _is_whole(markup: str) -> bool:
    """Return whether a comment, a section, an instruction or a document type has its end."""
    if markup.startswith("<!--"):
        return len(markup) >= len("<!---->") and markup.endswith("-->")
    if markup.startswith("<![CDATA["):
        return markup.endswith("]]>")
    return markup.endswith("?>" if markup.startswith("<?") else ">")
