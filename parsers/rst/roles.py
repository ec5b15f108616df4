"""Interpreted text ("Interpreted Text"), such as `:pep:`8`` or `:func:`~os.walk``."""

import re

from docutils import nodes
from docutils.frontend import Values

from vouch.parsers.rst.docutils_types import Node

_TITLE_AND_TARGET = re.compile(r"(.+?\S)\s+<([^<>]+)>", re.DOTALL)
_TITLE_BEFORE_TARGET = re.compile(r"(.+?)<([^<>]+)>", re.DOTALL)
# With other roles, a target without a space before it is a part of the name, as in
# `:prop:`NAME_<CONFIG>``.
_REFERENCES = frozenset("any doc download envvar eq keyword numref option ref term".split())
_NUMBERED = frozenset("pep rfc cve cwe".split())
# Roles whose text is shown as it is written: those of docutils, then those of Sphinx.
_VERBATIM = frozenset(
    "code emphasis literal math raw strong t title title-reference "
    "abbr command dfn file guilabel kbd mailheader makevar manpage menuselection mimetype "
    "newsgroup program regexp samp".split()
)
_SCRIPTS = {
    "sub": nodes.subscript,
    "subscript": nodes.subscript,
    "sup": nodes.superscript,
    "superscript": nodes.superscript,
}
_WITH_BACKSLASHES = frozenset("code math raw".split())


def role_node(role: str, escaped: str, settings: Values) -> Node:
    """Return what a role shows, as Sphinx would; of an unknown role, the text is shown.

    Of a reference `title <target>` that is the title, of `~package.name` the last name, of `!name`
    the name, of a numbered document its series and number. `escaped` is docutils' form of a text,
    with a null character before what a backslash escapes.
    """
    role = role.lower()
    text = " ".join(nodes.unescape(escaped, role in _WITH_BACKSLASHES).split())
    if role in _SCRIPTS:
        return _SCRIPTS[role]("", text)
    if role in _VERBATIM or not role:
        return nodes.inline("", text)
    match = _TITLE_AND_TARGET.fullmatch(text)
    if match is None and role.rpartition(":")[2] in _REFERENCES:
        match = _TITLE_BEFORE_TARGET.fullmatch(text)
    title, target = match.groups() if match else ("", text)
    if role in _NUMBERED:
        title = title or f"{role.upper()} {target}"
        return _numbered(role, target.partition("#")[0], title, settings)
    if "://" in target and title:
        return nodes.reference("", title, refuri=target)
    if title:
        return nodes.inline("", title)
    return nodes.inline("", text.rsplit(".", 1)[-1] if text.startswith("~") else text.lstrip("!"))


def _numbered(role: str, number: str, title: str, settings: Values) -> Node:
    """Return a link to a numbered document, to where docutils links it."""
    if not number.isdecimal() or role not in ("pep", "rfc"):
        return nodes.inline("", title)
    address = (
        settings.pep_base_url + settings.pep_file_url_template % int(number)
        if role == "pep"
        else f"{settings.rfc_base_url}rfc{int(number)}.html"
    )
    return nodes.reference("", title, refuri=address)
