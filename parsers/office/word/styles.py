"""Interpret the styles of a Word document: headings, list items, code, tables of contents."""

import re
from dataclasses import dataclass

from vouch.parsers.common.xml.tree import Xml, attribute, child, is_on, name_of

MAX_LEVEL = 9
# Word stores the English names of its built-in styles in any language; other programs store the
# names that they display.
_HEADING = re.compile(
    r"(?:heading|überschrift|titre|título|titolo|titlu|kop|rubrik|overskrift|otsikko|nagłówek"
    r"|nadpis|címsor|başlık|заголовок|标题|標題|見出し|제목) ?(\d)$"
)
_LIST = re.compile(
    r"(?:list bullet|list number|aufzählungszeichen|listennummer|liste à puces|liste à numéros"
    r"|lista con viñetas|lista con números|elenco puntato|elenco numerato|lijst opsom\.teken"
    r"|lijstnummering)(?: (\d))?$"
)
_CONTENTS_HEADING = "toc heading"
_TITLES = {"title", "titel", "título", "titolo"}
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
    """The role of a paragraph: heading, list item, code, table of contents, or plain text.

    `title_level` counts from 1, `list_depth` from 0. `number_id` is the list that numbers the
    paragraph, at `list_depth`; a heading may have both too. Where nothing says at which depth,
    `number_style` is the style that does. `names_document` marks the title of the whole document.
    """

    title_level: int | None = None
    list_depth: int | None = None
    number_id: str | None = None
    number_style: str | None = None
    is_contents: bool = False
    is_code: bool = False
    names_document: bool = False


class Styles:
    """The styles of a document by id."""

    def __init__(self, root: Xml | None) -> None:
        nodes = list(root) if root is not None else []
        styles = [node for node in nodes if name_of(node) == "style"]
        self._styles = {attribute(style, "styleId") or "": style for style in styles}
        self._default = next(
            (
                attribute(style, "styleId")
                for style in styles
                if attribute(style, "type") == "paragraph"
                and attribute(style, "default") in ("1", "true", "on")
            ),
            None,
        )
        self._all_hidden = is_on(child(root, "docDefaults", "rPrDefault", "rPr", "vanish"))
        # Few documents have styles that hide text: in all others no run needs to be looked up.
        self._hiding = {
            style_id for style_id in self._styles if self._says_hidden(self._chain(style_id))
        }

    def hides(self, paragraph: Xml) -> bool:
        """Return whether the styles of a paragraph, and of the table around it, hide its text."""
        if not self._hiding:
            return self._all_hidden
        style = attribute(child(paragraph, "pPr", "pStyle"), "val") or self._default
        table = next(paragraph.iterancestors("{*}tbl"), None)
        of_table = attribute(child(table, "tblPr", "tblStyle"), "val")
        return self._all_hidden or (style in self._hiding) != (of_table in self._hiding)

    def hides_run(self, run: Xml, *, is_hidden: bool) -> bool:
        """Return whether a run is hidden; `is_hidden` says what the style of its paragraph does.

        Hidden text is a toggle: a style of the run inside a hidden paragraph shows it again, unless
        all text of the document is hidden by default (ISO/IEC 29500-1, 17.7.3).
        """
        # Searched in C: a document has many runs and little hidden text.
        for properties in run.iterchildren("{*}rPr"):
            for own in properties.iterchildren("{*}vanish"):
                return is_on(own)
            for style in properties.iterchildren("{*}rStyle") if self._hiding else ():
                return self._all_hidden or is_hidden != (attribute(style, "val") in self._hiding)
        return is_hidden

    @staticmethod
    def _says_hidden(chain: list[Xml]) -> bool:
        switches = (child(style, "rPr", "vanish") for style in chain)
        return is_on(next((switch for switch in switches if switch is not None), None))

    def role(self, paragraph: Xml) -> Role:
        """Return the role by the properties of a paragraph, its style, and the bases of that."""
        own = child(paragraph, "pPr")
        chain = self._chain(attribute(child(own, "pStyle"), "val"))
        names = [(attribute(child(style, "name"), "val") or "").lower() for style in chain]
        properties = [own, *(child(style, "pPr") for style in chain)]
        if any(name.startswith("toc ") and name != _CONTENTS_HEADING for name in names):
            return Role(is_contents=True)
        level = _title_level(names, properties)
        number_id, depth = _numbering(properties)
        # A style refers to its level by the definition of the list, not the other way round.
        linked = attribute(chain[0], "styleId") if chain and depth is None else None
        if level is not None:
            return Role(
                title_level=level,
                list_depth=level - 1 if depth is None else depth,
                number_id=number_id,
                number_style=linked,
                names_document=any(name in _TITLES for name in names),
            )
        if number_id is not None:
            return Role(list_depth=depth or 0, number_id=number_id, number_style=linked)
        if any(name in _CODE for name in names):
            return Role(is_code=True)
        match = next((match for match in map(_LIST.match, names) if match), None)
        return Role(list_depth=None if match is None else int(match[1] or 1) - 1)

    def _chain(self, style_id: str | None) -> list[Xml]:
        """Return a style and the styles it is based on; a circle ends at its first repetition."""
        chain: list[Xml] = []
        while style_id in self._styles and self._styles[style_id] not in chain:
            chain.append(self._styles[style_id])
            style_id = attribute(child(chain[-1], "basedOn"), "val")
        return chain


def _title_level(names: list[str], properties: list[Xml | None]) -> int | None:
    """Return the heading level, by the nearest outline level, else by the names of the styles."""
    outlines = (child(element, "outlineLvl") for element in properties)
    outline = next((element for element in outlines if element is not None), None)
    if outline is not None:
        level = attribute(outline, "val") or ""
        # 9 means body text: it switches off what a base style says.
        return int(level) + 1 if level.isdigit() and int(level) < MAX_LEVEL else None
    for name in names:
        if heading := _HEADING.match(name):
            return int(heading[1]) or None
        if name in _TITLES or name == _CONTENTS_HEADING:
            return 1
        if name in _SUBTITLES:
            return 2
    return None


def _numbering(properties: list[Xml | None]) -> tuple[str | None, int | None]:
    """Return the list that a paragraph belongs to and its depth, each None where not given."""
    number_id = depth = None
    for numbering in (child(element, "numPr") for element in properties):
        number_id = number_id or attribute(child(numbering, "numId"), "val")
        depth = depth or attribute(child(numbering, "ilvl"), "val")
    if number_id == "0":  # removes the numbering of a base style
        return None, None
    return number_id, min(int(depth), MAX_LEVEL) if depth and depth.isdigit() else None
