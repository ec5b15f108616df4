"""One damaged part of an Office file costs that part, which is named with what is wrong."""

import io
import zipfile
from collections.abc import Callable

import pytest
from pptx import Presentation

from tests.parsers.binary_files import bad_checksum, zipped
from tests.parsers.office.xlsx_writer import M, xlsx
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

Damage = Callable[[bytes], bytes | None]


def with_part(data: bytes, name: str, change: Damage) -> bytes:
    """Return a package with one part changed, without it where the change returns None."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    changed = change(members.pop(name))
    if changed is not None:
        members[name] = changed
    return zipped(members)


DAMAGES: dict[str, Damage] = {
    "missing": lambda xml: None,
    "no XML": lambda xml: b"\0\1 no XML",
    "cut off": lambda xml: xml[: len(xml) * 2 // 3],
    "empty": lambda xml: b"",
}


def damaged(data: bytes, name: str, kind: str) -> bytes:
    if kind == "bad checksum":
        return bad_checksum(data, name)
    return with_part(data, name, DAMAGES[kind])


@pytest.fixture(scope="module")
def deck() -> bytes:
    presentation = Presentation()
    for number in (1, 2, 3):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = f"Title {number}"
        slide.notes_slide.notes_text_frame.text = f"note {number}"
    stream = io.BytesIO()
    presentation.save(stream)
    return stream.getvalue()


SLIDE, NOTES = "ppt/slides/slide2.xml", "ppt/notesSlides/notesSlide2.xml"
LINKS, LAYOUT = "ppt/slides/_rels/slide2.xml.rels", "ppt/slideLayouts/slideLayout2.xml"
MASTER = "ppt/slideMasters/slideMaster1.xml"
WHOLE = ["Title 1", "Notes: note 1", "Title 2", "Notes: note 2", "Title 3", "Notes: note 3"]


@pytest.mark.parametrize("kind", [*DAMAGES, "bad checksum"])
@pytest.mark.parametrize(
    ("part", "lost"),
    [
        (SLIDE, {"Title 2", "Notes: note 2"}),
        (NOTES, {"Notes: note 2"}),
        (LINKS, {"Notes: note 2"}),
        (LAYOUT, set()),
        (MASTER, set()),
    ],
)
def test_a_damaged_part_of_a_presentation_costs_its_own_text(deck, part, lost, kind) -> None:
    document = parse(damaged(deck, part, kind), "a.pptx")
    assert document.text.split("\n\n") == [text for text in WHOLE if text not in lost]
    assert part in {damage.name for damage in document.damaged}
    assert {element.page for element in document.elements} >= {1, 3}


@pytest.mark.parametrize("part", ["ppt/presentation.xml", "[Content_Types].xml", "_rels/.rels"])
def test_a_presentation_whose_main_parts_are_damaged_is_malformed(deck, part) -> None:
    with pytest.raises(DocumentRejected) as raised:
        parse(damaged(deck, part, "bad checksum"), "a.pptx")
    assert raised.value.reason == Reason.MALFORMED
    assert part in raised.value.message


NOTE = f'<comments xmlns="{M}"><authors/><commentList/></comments>'
BOOK = xlsx(
    {"First": [["a", 1]], "Second": [["b", (2, "000")]], "Third": [["c", 3]]},
    parts={"comments1": ("comments", NOTE)},
)


@pytest.mark.parametrize("kind", [*DAMAGES, "bad checksum"])
@pytest.mark.parametrize(
    ("part", "name", "text"),
    [
        ("xl/worksheets/sheet2.xml", "Second", "First\n\na | 1\n\nThird\n\nc | 3"),
        ("xl/comments1.xml", "xl/comments1.xml", None),
        ("xl/styles.xml", "xl/styles.xml", "First\n\na | 1\n\nSecond\n\nb | 2\n\nThird\n\nc | 3"),
    ],
)
def test_a_damaged_part_of_a_workbook_costs_its_own_text(part, name, text, kind) -> None:
    document = parse(damaged(BOOK, part, kind), "a.xlsx")
    assert document.text == (text or "First\n\na | 1\n\nSecond\n\nb | 002\n\nThird\n\nc | 3")
    assert [damage.name for damage in document.damaged] == [name]


def test_a_sheet_in_another_encoding_is_read() -> None:
    part = "xl/worksheets/sheet2.xml"
    data = with_part(BOOK, part, lambda xml: xml.decode().encode("utf-16"))
    assert parse(data, "a.xlsx").text == parse(BOOK, "a.xlsx").text


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "_rels/.rels"])
def test_a_workbook_whose_main_parts_are_damaged_is_malformed(part) -> None:
    with pytest.raises(DocumentRejected) as raised:
        parse(damaged(BOOK, part, "bad checksum"), "a.xlsx")
    assert raised.value.reason == Reason.MALFORMED
    assert part in raised.value.message
