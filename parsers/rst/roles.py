"""Interpreted text of reStructuredText as a reader sees it: `:pep:`8``, `:func:`~os.walk``."""

import re

_TITLED = re.compile(r"(.+?\S)\s+<[^<>]+>")
_CLOSE = re.compile(r"(.+?)<[^<>]+>")
# Elsewhere a target without a space before it is a part of the name, as in `:prop:`NAME_<CONFIG>``.
_REFERENCES = frozenset("ref doc term numref any download eq keyword option envvar".split())
_NUMBERED = ("pep", "rfc", "cve", "cwe")
_VERBATIM = frozenset(
    "emphasis strong literal code math subscript sub superscript sup title-reference title t raw file samp kbd guilabel "
    "menuselection command dfn abbr regexp mailheader mimetype newsgroup program manpage makevar".split()
)


def role_text(role: str, text: str) -> str:
    """Of a reference its title, or its target's last name behind `~`."""
    role = role.lower()
    text = " ".join(text.split())
    if role in _VERBATIM:
        return text
    titled = _TITLED.fullmatch(text) or (
        _CLOSE.fullmatch(text) if role.rpartition(":")[2] in _REFERENCES else None
    )
    if titled:
        return titled[1]
    if role in _NUMBERED:
        return f"{role.upper()} {text}"
    return text.rsplit(".", 1)[-1] if text.startswith("~") else text.lstrip("!")
