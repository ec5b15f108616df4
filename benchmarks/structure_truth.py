"""Documents made from one known structure, so that what a reader should find in them is beyond dispute."""

import html
import io
import json
import random
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, TypeAlias

import pptx
import pypandoc
from pptx.util import Inches

Node: TypeAlias = dict[str, Any]
_WORDS = (
    "harbour crane ledger tide copper lantern orchard granite meadow signal beacon timber canal quarry anchor velvet marble "
    "glacier compass thicket rudder saddle furnace pebble willow turbine cobalt ferry walnut kiln trellis magnet plough "
    "cistern rafter gasket bobbin spindle hatch barley"
).split()
_NO_ATTRIBUTES = ["", [], []]
WROTE = "On Tue, 3 May 2031 at 12:34, Bob <bob@example.com> wrote:"
NAME = "Report"  # of a document whose format wants one; no title of the story
PANDOC = ("docx", "odt", "epub", "rst", "org", "html", "md", "rtf")
_WRITERS = {"md": "gfm"}
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


@dataclass(slots=True)
class Section:
    """A heading with its level, and what stands below it; items have a depth from 0, of rows the first one heads."""

    title: str
    level: int
    paragraph: str
    items: list[tuple[str, int]] = field(default_factory=list)
    header: list[str] = field(default_factory=list)
    # A label that reaches over its rows, and the cells of those.
    groups: list[tuple[str, list[list[str]]]] = field(default_factory=list)
    code: str = ""
    note: str = ""
    comment: str = ""

    @property
    def rows(self) -> Iterator[tuple[str, list[str]]]:
        """Each row's label and own cells."""
        return ((label, cells) for label, rows in self.groups for cells in rows)


def story(seed: int) -> list[Section]:
    """Six sections on two levels, each with another mixture, no text twice."""
    dice = random.Random(seed)
    used: set[str] = set()

    def say(count: int, end: str = "") -> str:
        text = " ".join(dice.sample(_WORDS, count)).capitalize() + end
        if text in used:
            return say(count, end)
        used.add(text)
        return text

    sections = []
    for number in range(6):
        one = Section(say(3), 1 + number % 2, f"{say(9)} and {say(8, '.').lower()}")
        one.items = [(say(4), depth) for depth in (0, 1, 1, 2, 0)] if number in (0, 3, 4) else []
        if number in (1, 4, 5):
            one.header = [say(1) + f" {column}" for column in "ABC"]
            one.groups = [
                (f"{say(2)} {at}", [[say(2), str(dice.randint(100, 9999))] for _ in range(2 + at)]) for at in range(2)
            ]
        one.code = f"{dice.choice(_WORDS)} = [{dice.randint(1, 99)}]\nprint({dice.choice(_WORDS)})" if number == 2 else ""
        one.note = say(7, ".") if number in (0, 2) else ""
        one.comment = say(6, ".") if number in (1, 3) else ""
        sections.append(one)
    return sections


def by_pandoc(sections: list[Section], suffix: str) -> bytes:
    """The story in one of `PANDOC`'s formats."""
    tree = {"pandoc-api-version": [1, 23, 1], "meta": {}, "blocks": _story_blocks(sections, suffix)}
    command = [pypandoc.get_pandoc_path(), "-f", "json", "-t", _WRITERS.get(suffix, suffix), "-s", "-o", "-"]
    if suffix == "epub":
        command += ["-M", f"title={NAME}", "--split-level=1"]
    return subprocess.run(command, input=json.dumps(tree).encode(), capture_output=True, check=True).stdout


def _story_blocks(sections: list[Section], suffix: str) -> list[Node]:
    """Only Word has comments; pandoc would write them into the text of the others."""
    return [block for number, one in enumerate(sections) for block in _blocks(one, str(number) if suffix == "docx" else "")]


def _blocks(one: Section, comment_id: str) -> Iterator[Node]:
    yield {"t": "Header", "c": [one.level, _NO_ATTRIBUTES, _words(one.title)]}
    words = _words(one.paragraph)
    link: Node = {"t": "Link", "c": [_NO_ATTRIBUTES, words[-3:], ["https://example.com/harbour", ""]]}
    inlines = [*words[:-3], link]
    if one.note:
        inlines.append({"t": "Note", "c": [{"t": "Para", "c": _words(one.note)}]})
    if one.comment and comment_id:
        told = [comment_id, ["comment-start"], [["author", "Ann"], ["date", "2031-01-01T00:00:00Z"]]]
        inlines.append({"t": "Span", "c": [told, _words(one.comment)]})
        inlines.append({"t": "Span", "c": [[comment_id, ["comment-end"], []], []]})
    yield {"t": "Para", "c": inlines}
    if one.items:
        yield {"t": "BulletList", "c": _items(one.items, 0)}
    if one.groups:
        yield _table(one)
    if one.code:
        yield {"t": "CodeBlock", "c": [_NO_ATTRIBUTES, one.code]}


def _words(text: str) -> list[Node]:
    nodes: list[Node] = []
    for word in text.split(" "):
        nodes += [{"t": "Str", "c": word}, {"t": "Space"}]
    return nodes[:-1]


def _items(items: list[tuple[str, int]], depth: int) -> list[list[Node]]:
    """Nested lists of what is as deep as `depth` and deeper."""
    starts = [at for at, (_, own) in enumerate(items) if own == depth]
    made = []
    for start, end in zip(starts, [*starts[1:], len(items)], strict=True):
        blocks: list[Node] = [{"t": "Plain", "c": _words(items[start][0])}]
        if end > start + 1:
            blocks.append({"t": "BulletList", "c": _items(items[start + 1 : end], depth + 1)})
        made.append(blocks)
    return made


def _table(one: Section) -> Node:
    default = {"t": "AlignDefault"}

    def cell(text: str, height: int = 1) -> list[Any]:
        return [_NO_ATTRIBUTES, default, height, 1, [{"t": "Plain", "c": _words(text)}]]

    rows = []
    for label, lines in one.groups:
        for number, line in enumerate(lines):
            first = [cell(label, len(lines))] if number == 0 else []
            rows.append([_NO_ATTRIBUTES, [*first, *map(cell, line)]])
    columns = [[default, {"t": "ColWidthDefault"}]] * 3
    head = [_NO_ATTRIBUTES, [[_NO_ATTRIBUTES, [cell(name) for name in one.header]]]]
    body = [[_NO_ATTRIBUTES, 0, [], rows]]
    return {"t": "Table", "c": [_NO_ATTRIBUTES, [None, []], columns, head, body, [_NO_ATTRIBUTES, []]]}


def as_pptx(sections: list[Section]) -> bytes:
    """A slide a section, its note as the speaker's."""
    deck = pptx.Presentation()
    for one in sections:
        slide = deck.slides.add_slide(deck.slide_layouts[1 if one.items else 5])
        slide.shapes.title.text = one.title
        if one.items:
            frame = slide.placeholders[1].text_frame
            for number, (text, depth) in enumerate(one.items):
                paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
                paragraph.text, paragraph.level = text, depth
        slide.shapes.add_textbox(Inches(1), Inches(5), Inches(6), Inches(1)).text_frame.text = one.paragraph
        if one.groups:
            _add_table(slide, one)
        if one.note:
            slide.notes_slide.notes_text_frame.text = one.note
    stream = io.BytesIO()
    deck.save(stream)
    return stream.getvalue()


def _add_table(slide: Any, one: Section) -> None:  # noqa: ANN401 - python-pptx gives it no type
    lines = [("", one.header), *((label, [label, *cells]) for label, cells in one.rows)]
    table = slide.shapes.add_table(len(lines), 3, Inches(1), Inches(6), Inches(6), Inches(1)).table
    at = 1
    for row, (_, cells) in enumerate(lines):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    for _, rows in one.groups:
        for row in range(at + 1, at + len(rows)):
            table.cell(row, 0).text = ""
        table.cell(at, 0).merge(table.cell(at + len(rows) - 1, 0))
        at += len(rows)


def as_html_mail(sections: list[Section]) -> bytes:
    """The story as the HTML body of a mail that quotes an older one, which is the last section's paragraph."""
    plain = [Section(one.title, one.level, one.paragraph, one.items, one.header, one.groups, one.code) for one in sections]
    page = by_pandoc(plain[:-1], "html").decode()
    quoted = f'<div>{html.escape(WROTE)}<br></div><blockquote type="cite"><p>{sections[-1].paragraph}</p></blockquote>'
    return _mail(page.replace("</body>", f"{quoted}</body>"), "html")


def as_plain_mail(sections: list[Section]) -> bytes:
    """Paragraphs and lists as plain text, and an older mail quoted below."""
    parts = []
    for one in sections[:-1]:
        parts += [one.paragraph, "\n".join(f"- {text}" for text, _ in one.items)]
    return _mail("\n\n".join([*filter(None, parts), f"{WROTE}\n\n> {sections[-1].paragraph}"]), "plain")


def _mail(body: str, kind: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.com", NAME
    message.set_content(body, subtype=kind)
    return bytes(message)


def as_xlsx(sections: list[Section]) -> bytes:
    """A sheet a section that has a table: the paragraph, an empty row, the table with merged labels."""
    held = [one for one in sections if one.groups]
    sheets = "".join(f'<sheet name="{one.title}" sheetId="{n}" r:id="s{n}"/>' for n, one in enumerate(held, start=1))
    links = "".join(_link(f"s{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(held) + 1))
    members = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="a/b"/></Types>',
        "_rels/.rels": _relations(_link("w", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_LINKS}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(links),
        **{f"xl/worksheets/sheet{n}.xml": _sheet(one) for n, one in enumerate(held, start=1)},
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return stream.getvalue()


def _relations(links: str) -> str:
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'


def _link(name: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{name}" Type="{_LINKS}/{kind}" Target="{target}"/>'


def _sheet(one: Section) -> str:
    lines, merges = [[one.paragraph], [], one.header], []
    for label, rows in one.groups:
        merges.append(f'<mergeCell ref="A{len(lines) + 1}:A{len(lines) + len(rows)}"/>')
        lines += [[label if number == 0 else "", *cells] for number, cells in enumerate(rows)]
    drawn = "".join(
        f'<row r="{n}">{"".join(_cell(c, n, text) for c, text in enumerate(line))}</row>' for n, line in enumerate(lines, 1)
    )
    return f'<worksheet xmlns="{_SHEET}"><sheetData>{drawn}</sheetData><mergeCells>{"".join(merges)}</mergeCells></worksheet>'


def _cell(column: int, row: int, text: str) -> str:
    place = f'r="{"ABC"[column]}{row}"'
    if text.isdigit():
        return f"<c {place}><v>{text}</v></c>"
    return f'<c {place} t="inlineStr"><is><t>{text}</t></is></c>' if text else ""
