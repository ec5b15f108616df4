"""The document builder: spans are right by construction."""

from hypothesis import given
from hypothesis import strategies as st

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.text.clean import clean, fold_spaces
from vouch.schemas.documents.codec import dump_structure, load_document
from vouch.schemas.documents.records import DamagedPart, ElementType, LeftOutKind, Metadata

TEXTS = st.text(alphabet=st.characters(), max_size=60)


@given(text=TEXTS)
def test_cleaned_text_has_no_control_characters_and_cleaning_is_idempotent(text: str):
    once = clean(text)
    assert clean(once) == once
    once.encode("utf-8")
    assert not set(once) & set("\r\x00\x0b\x0c\u2028\ufeff")


@given(rows=st.lists(st.lists(TEXTS, min_size=1, max_size=4), max_size=6), before=TEXTS)
def test_the_span_of_each_cell_has_its_text(rows: list[list[str]], before: str):
    builder = DocumentBuilder()
    builder.paragraph(before)
    builder.table(rows, header_rows=1)
    document = builder.build()
    filled = [row for row in rows if any(clean(cell).split() for cell in row)]
    tables = [element.table for element in document.elements if element.table]
    cells = [[document.text[a:b] for a, b in row] for table in tables for row in table.rows]
    assert cells == [[" ".join(clean(cell).split()) for cell in row] for row in filled]


def test_headings_open_and_close_sections():
    builder = DocumentBuilder()
    for text, level in (("A", 1), ("B", 3), ("C", 2), ("D", 2), ("E", 1)):
        builder.title(text, level)
        builder.paragraph(text.lower())
    paths = [
        element.heading_path
        for element in builder.build().elements
        if element.type is ElementType.PARAGRAPH
    ]
    assert paths == [("A",), ("A", "B"), ("A", "C"), ("A", "D"), ("E",)]


def test_empty_texts_add_nothing():
    builder = DocumentBuilder()
    for add in (
        builder.title,
        builder.paragraph,
        builder.list_item,
        builder.code,
        builder.header,
        builder.footer,
    ):
        add(" \n ")
    builder.table([["", " "]])
    assert builder.build().text == ""
    assert len(builder) == 0


def test_lines_of_a_paragraph_are_kept_and_spaces_folded():
    assert fold_spaces("  a \t b\r\n  c  ") == "a b\nc"


def test_damaged_parts_have_names_of_their_own_in_the_document_and_its_metadata():
    builder = DocumentBuilder()
    builder.paragraph("Sound.")
    for name, message in (("page  2", "cut off"), ("page 2", "again"), ("page 3", "not\nXML")):
        builder.damaged_part(name, message)
    document = builder.build(Metadata(extra=(("subject", "x"),)))
    assert document.damaged == (DamagedPart("page 2", "cut off"), DamagedPart("page 3", "not XML"))
    assert document.metadata.extra == (("subject", "x"), ("damaged_parts", ("page 2", "page 3")))
    assert load_document(document.text, dump_structure(document)) == document


def test_a_document_full_of_damage_names_a_hundred_parts_and_counts_the_rest():
    builder = DocumentBuilder()
    for number in range(250):
        builder.damaged_part(f"line {number}", "no JSON")
    damaged = builder.build().damaged
    assert (len(damaged), damaged[-1].name) == (101, "150 more")
    assert damaged[-1].message == "they are damaged like line 99"


def test_characters_that_are_read_are_those_searched_and_those_left_out():
    builder = DocumentBuilder()
    builder.header("Running header")
    assert (builder.build().read_chars, builder.build().left_out_chars) == (14, 0)
    builder.paragraph("Body.")
    builder.leave_out(LeftOutKind.HIDDEN, "hidden")
    document = builder.build()
    assert (document.read_chars, document.left_out_chars) == (14 + 5 + 6, 14 + 6)
