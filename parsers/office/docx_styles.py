"""What the styles of a Word document mean: headings, list items, entries of a table of contents."""

import re
from dataclasses import dataclass

from vouch.parsers.common.xml_tree import Xml, attribute, child, name_of

MAX_LEVEL = 9
# Word itself writes the English names in any language; other programs write what they show.
_HEADING = re.compile(
    r"(?:heading|überschrift|titre|título|titolo|titlu|kop|rubrik|overskrift|otsikko|nagłówek|nadpis|címsor|başlık|заголовок"
    r"|标题|標題|見出し|제목) ?(\d)$"
)
_LIST = re.compile(
    r"(?:list bullet|list number|aufzählungszeichen|listennummer|liste à puces|liste à numéros|lista con viñetas"
    r"|lista con números|elenco puntato|elenco numerato|lijst opsom\.teken|lijstnummering)(?: (\d))?$"
)
_TITLES = {"title", "titel", "título", "titolo", "toc heading"}
_SUBTITLES = {"subtitle", "untertitel", "sous-titre", "subtítulo", "sottotitolo", "ondertitel"}
_CODE = {
    "source code",
    "html preformatted",
    "preformatted text",
    "code",
    "code block",
    "verbatim",
    "macro",
}


@dataclass(frozen=True, slots=True)
class Role:
    """What a paragraph is: a title of a level, a list item of a depth, navigation, or plain text.

    `number_id` is the list that numbers it, at `list_depth`; a title may have both too. `names_document`: it is the
    title of the whole.
    """

    title_level: int | None = None
    list_depth: int | None = None
    number_id: str | None = None
    is_contents: bool = False
    is_code: bool = False
    names_document: bool = False


class Styles:
    """Styles by id, each seen with what it is based on."""

    def __init__(self, root: Xml | None) -> None:
        styles = [one for one in root if name_of(one) == "style"] if root is not None else []
        self._styles = {attribute(style, "styleId") or "": style for style in styles}

    def role(self, paragraph: Xml) -> Role:
        """What a paragraph's own properties say, else those of its style and of what that is based on."""
        own = child(paragraph, "pPr")
        chain = self._chain(attribute(child(own, "pStyle"), "val"))
        names = [(attribute(child(style, "name"), "val") or "").lower() for style in chain]
        properties = [own, *(child(style, "pPr") for style in chain)]
        if any(name.startswith("toc ") and name != "toc heading" for name in names):
            return Role(is_contents=True)
        title = _title_level(names, properties)
        number_id, depth = _numbering(properties)
        if title is not None:
            named = any(name in _TITLES - {"toc heading"} for name in names)
            return Role(
                title, title - 1 if depth is None else depth, number_id, names_document=named
            )
        if number_id is None and any(name in _CODE for name in names):
            return Role(is_code=True)
        return Role(None, _depth_by_name(names) if number_id is None else depth or 0, number_id)

    def _chain(self, style_id: str | None) -> list[Xml]:
        chain: list[Xml] = []
        while style_id in self._styles and self._styles[style_id] not in chain:
            chain.append(self._styles[style_id])
            style_id = attribute(child(chain[-1], "basedOn"), "val")
        return chain


def _title_level(names: list[str], properties: list[Xml | None]) -> int | None:
    outline = next(
        (one for one in (child(each, "outlineLvl") for each in properties) if one is not None), None
    )
    if outline is not None:
        level = attribute(outline, "val") or ""
        return int(level) + 1 if level.isdigit() and int(level) < MAX_LEVEL else None
    for name in names:
        if heading := _HEADING.match(name):
            return int(heading[1]) or None
        if name in _TITLES or name in _SUBTITLES:
            return 1 if name in _TITLES else 2
    return None


def _numbering(properties: list[Xml | None]) -> tuple[str | None, int | None]:
    """The list that a paragraph belongs to and its depth there, as far as each is said."""
    number_id = depth = None
    for numbering in (child(each, "numPr") for each in properties):
        number_id = number_id or attribute(child(numbering, "numId"), "val")
        depth = depth or attribute(child(numbering, "ilvl"), "val")
    if number_id == "0":  # numbering taken off again
        return None, None
    return number_id, min(int(depth), MAX_LEVEL) if depth and depth.isdigit() else None


def _depth_by_name(names: list[str]) -> int | None:
    found = next((one for one in map(_LIST.match, names) if one), None)
    return None if found is None else int(found[1] or 1) - 1
