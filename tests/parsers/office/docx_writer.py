"""Write small Word documents from WordprocessingML."""

from collections.abc import Mapping

from tests.parsers.binary_files import parse, typed_texts, zipped
from vouch.schemas.documents.records import Document

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def docx(
    body: str,
    parts: Mapping[str, str] | None = None,
    core: str = "",
    namespace: str = W,
    more: Mapping[str, tuple[str, str]] | None = None,
    outside: Mapping[str, str] | None = None,
) -> Document:
    """Parse a document of a body and parts.

    `parts` are the contents of Word's own parts by kind (`styles`, `footnotes`, `header1`, …);
    `more` are other parts as kind and content, by the name that is also their relationship id;
    `outside` are the addresses that every part refers to by id.
    """
    parts, more = parts or {}, more or {}
    kinds = {name: (name.rstrip("12"), f"{name}.xml") for name in parts}
    kinds |= {name.partition(".")[0]: (kind, name) for name, (kind, _) in more.items()}
    links = "".join(
        f'<Relationship Id="{link}" Type="{R}/{kind}" Target="{target}"/>'
        for link, (kind, target) in kinds.items()
    )
    external = "".join(
        f'<Relationship Id="{link}" Type="{R}/hyperlink" Target="{url}" TargetMode="External"/>'
        for link, url in (outside or {}).items()
    )
    names = f'xmlns:w="{namespace}" xmlns:r="{R}"'
    members = {
        "word/document.xml": f"<w:document {names}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": f"<Relationships>{links}{external}</Relationships>",
        **{
            f"word/{name}.xml": f"<w:{name} {names}>{xml}</w:{name}>" for name, xml in parts.items()
        },
        **{
            f"word/_rels/{name}.xml.rels": f"<Relationships>{external}</Relationships>"
            for name in parts
        },
        **{f"word/{name}": content for name, (_, content) in more.items()},
    }
    if core:
        members["docProps/core.xml"] = f'<c:core xmlns:c="c" xmlns:dc="dc">{core}</c:core>'
    return parse(zipped(members), "a.docx")


def texts(document: Document) -> list[str]:
    """Return the text of each element."""
    return [text for _, text in typed_texts(document)]


def paragraph(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def styled(style_id: str) -> str:
    return f'<w:pStyle w:val="{style_id}"/>'


def _style(name: str, properties: str = "", based_on: str = "") -> str:
    return (
        f'<w:style w:styleId="{name.replace(" ", "")}"><w:name w:val="{name}"/>'
        f'<w:basedOn w:val="{based_on}"/><w:pPr>{properties}</w:pPr></w:style>'
    )


STYLES = {
    "styles": _style("heading 1")
    + _style("heading 2")
    + _style("Mine", based_on="heading2")
    + _style("Outlined", '<w:outlineLvl w:val="2"/>')
    + _style("Plain again", '<w:outlineLvl w:val="9"/>', "heading1")
    + _style("List Bullet 2")
    + _style("toc 1")
    + _style("Round", based_on="Trip")
    + _style("Trip", based_on="Round")
    + _style("Überschrift 2")
    + _style("Title")
    + _style("Subtitle")
    + _style("Source Code")
}


def _level(depth: int, notation: str, pattern: str, start: int | None = None) -> str:
    begin = "" if start is None else f'<w:start w:val="{start}"/>'
    return (
        f'<w:lvl w:ilvl="{depth}">{begin}<w:numFmt w:val="{notation}"/>'
        f'<w:lvlText w:val="{pattern}"/></w:lvl>'
    )


# List 2 has the levels of list 1 and restarts at 7.
LISTS = {
    "numbering": '<w:abstractNum w:abstractNumId="0">'
    + _level(0, "decimal", "%1.", 1)
    + _level(1, "lowerLetter", "%1%2)", 1)
    + _level(2, "upperRoman", "(%3)", 4)
    + _level(3, "bullet", "o")
    + "</w:abstractNum>"
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    '<w:num w:numId="2"><w:abstractNumId w:val="0"/>'
    '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride></w:num>'
}


def numbered(depth: int, list_id: int = 1) -> str:
    return f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{list_id}"/></w:numPr>'


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"


def row(*cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def table(*rows: str) -> str:
    return f"<w:tbl>{''.join(rows)}</w:tbl>"


MERGE_START, MERGE_CONTINUES = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
TWO_COLUMNS = '<w:gridSpan w:val="2"/>'
MARK_DELETED, MARK_MOVED = "<w:rPr><w:del/></w:rPr>", "<w:rPr><w:moveFrom/></w:rPr>"
