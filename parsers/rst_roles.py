"""Interpreted text of reStructuredText as a reader sees it: `:pep:`8``, `:func:`~os.walk``."""

import re

_TITLED = re.compile(r"(.+?)\s*<[^<>]+>", re.DOTALL)
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
    titled = _TITLED.fullmatch(text)
    if titled:
        return titled[1]
    if role in _NUMBERED:
        return f"{role.upper()} {text}"
    return text.rsplit(".", 1)[-1] if text.startswith("~") else text.lstrip("!")
