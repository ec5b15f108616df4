"""Interpreted text ("Interpreted Text"), such as `:pep:`8`` or `:func:`~os.walk``."""

import re

_TITLE_AND_TARGET = re.compile(r"(.+?\S)\s+<[^<>]+>")
_TITLE_BEFORE_TARGET = re.compile(r"(.+?)<[^<>]+>")
# With other roles, a target without a space before it is a part of the name, as in
# `:prop:`NAME_<CONFIG>``.
_REFERENCES = frozenset(
    {
        "ref",
        "doc",
        "term",
        "numref",
        "any",
        "download",
        "eq",
        "keyword",
        "option",
        "envvar",
    }
)
_NUMBERED = ("pep", "rfc", "cve", "cwe")
_VERBATIM = frozenset(
    {
        # Roles of docutils.
        "emphasis",
        "strong",
        "literal",
        "code",
        "math",
        "subscript",
        "sub",
        "superscript",
        "sup",
        "title-reference",
        "title",
        "t",
        "raw",
        # Roles of Sphinx.
        "file",
        "samp",
        "kbd",
        "guilabel",
        "menuselection",
        "command",
        "dfn",
        "abbr",
        "regexp",
        "mailheader",
        "mimetype",
        "newsgroup",
        "program",
        "manpage",
        "makevar",
    }
)


def role_text(role: str, text: str) -> str:
    """Return the text of a role as Sphinx shows it.

    Of a reference `title <target>` that is the title, of `~package.name` the last name, of
    `!name` the name, of a numbered document its series and number.
    """
    role = role.lower()
    text = " ".join(text.split())
    if role in _VERBATIM:
        return text
    match = _TITLE_AND_TARGET.fullmatch(text)
    if match is None and role.rpartition(":")[2] in _REFERENCES:
        match = _TITLE_BEFORE_TARGET.fullmatch(text)
    if match is not None:
        return match[1]
    if role in _NUMBERED:
        return f"{role.upper()} {text}"
    return text.rsplit(".", 1)[-1] if text.startswith("~") else text.lstrip("!")
