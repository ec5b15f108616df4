"""Chunks prove themselves, fit the model, lose nothing, and carry what they belong to."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.builder import DocumentBuilder
from parsers.chunker import chunk, chunk_fingerprint
from schemas.records import Chunk, Document, ElementType, Metadata
from schemas.settings import ChunkingSettings

TEXTS = st.text(alphabet=st.characters(codec="utf-8"), max_size=400) | st.sampled_from(
    [
        "word " * 300,
        "A sentence. " * 120,
        "字" * 500,
        "x" * 6000,
        "é́" * 200,
        "👩‍👩‍👧‍👦 " * 90,
        "שלום עולם. " * 80,
        "a\tb\r\nc\u2028d",
        "   ",
    ]
)


@st.composite
def documents(draw) -> Document:
    builder = DocumentBuilder()
    for _ in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from(["title", "paragraph", "list_item", "code", "table", "header", "footer"]))
        builder.page = draw(st.none() | st.integers(1, 5))
        if kind == "table":
            rows = draw(st.lists(st.lists(TEXTS.map(lambda text: text[:300]), min_size=1, max_size=4), max_size=12))
            builder.table(rows, header_rows=draw(st.integers(0, 2)))
        elif kind == "title":
            builder.title(draw(TEXTS)[:500], draw(st.integers(1, 6)))
        else:
            getattr(builder, kind)(draw(TEXTS))
    return builder.build(Metadata(title=draw(st.none() | TEXTS)))


@settings(max_examples=100)
@given(document=documents(), most=st.sampled_from([64, 200]))
def test_invariants(document: Document, most: int, tokenizer):
    limits = ChunkingSettings(max_tokens=most, heading_tokens=24)
    chunks = chunk(document, limits, tokenizer)
    for made in chunks:
        assert document.text[made.char_start : made.char_end] == made.text
        assert made.text == made.text.strip()
        assert made.text
        assert (
            made.token_count == len(tokenizer.offsets(made.embedding_input)) + tokenizer.special_tokens <= limits.most_embedded
        )
    assert [made.char_start for made in chunks] == sorted(made.char_start for made in chunks)
    _nothing_lost(document, chunks)
    assert chunks == chunk(document, limits, tokenizer)
    assert all(one.char_end <= two.char_start for one, two in zip(chunks, chunks[1:], strict=False))


def _nothing_lost(document: Document, chunks: tuple[Chunk, ...]) -> None:
    searched = [e for e in document.elements if e.type not in (ElementType.HEADER, ElementType.FOOTER)] or document.elements
    covered = bytearray(len(document.text))
    for made in chunks:
        covered[made.char_start : made.char_end] = b"\1" * (made.char_end - made.char_start)
    for element in searched:
        for place in range(element.char_start, element.char_end):
            assert covered[place] or document.text[place].isspace()


def make(build) -> Document:
    builder = DocumentBuilder()
    build(builder)
    return builder.build(Metadata(title="Handbook"))


def test_a_heading_begins_a_chunk_and_is_embedded_with_the_rest_of_its_section(tokenizer):
    def build(b: DocumentBuilder) -> None:
        b.title("Leave", 1)
        b.title("Parents", 2)
        b.paragraph("Twenty weeks are paid. " * 40)
        b.title("Others", 2)
        b.paragraph("Thirty days a year.")

    chunks = chunk(make(build), ChunkingSettings(max_tokens=100), tokenizer)
    assert chunks[0].text.startswith("Leave\n\nParents\n\nTwenty weeks")
    assert chunks[0].embedded_text.startswith("Handbook\nLeave")
    assert all(made.embedded_text.startswith("Handbook > Leave > Parents\n") for made in chunks[1:-1])
    assert chunks[-1].text == "Others\n\nThirty days a year."
    assert chunks[-1].heading_path == ("Leave", "Others")
    assert all("Handbook" not in made.text for made in chunks)


def test_a_table_is_cut_between_rows_with_its_header_repeated(tokenizer):
    rows = [["name", "age"], *([f"person number {n}", str(n)] for n in range(60))]
    document = make(lambda b: b.table(rows, header_rows=1))
    chunks = chunk(document, ChunkingSettings(max_tokens=80), tokenizer)
    assert len(chunks) > 3
    assert all(made.embedded_text.startswith("Handbook\nname | age\nperson number") for made in chunks)
    assert all(line.count(" | ") == 1 for made in chunks for line in made.text.split("\n"))
    assert sum(made.text.count("person number") for made in chunks) == 60


def test_sentences_are_kept_whole_where_they_fit(tokenizer):
    document = make(lambda b: b.paragraph("Dr. Smith went home at 5 p.m. on Monday. " * 30))
    chunks = chunk(document, ChunkingSettings(max_tokens=64), tokenizer)
    assert all(made.text.endswith("on Monday.") and made.text.startswith("Dr.") for made in chunks)


def test_code_is_cut_between_lines(tokenizer):
    document = make(lambda b: b.code("\n".join(f"value_{n} = compute({n})" for n in range(80))))
    chunks = chunk(document, ChunkingSettings(max_tokens=64), tokenizer)
    assert all(made.text.startswith("value_") and made.text.endswith(")") for made in chunks)


def test_page_headers_are_left_out_unless_there_is_nothing_else(tokenizer):
    both = make(lambda b: (b.header("Confidential"), b.paragraph("Body text")))
    assert [made.text for made in chunk(both, ChunkingSettings(), tokenizer)] == ["Body text"]
    alone = make(lambda b: b.header("Confidential"))
    assert [made.text for made in chunk(alone, ChunkingSettings(), tokenizer)] == ["Confidential"]


def test_pages_span_from_first_to_last(tokenizer):
    def build(b: DocumentBuilder) -> None:
        b.page = 3
        b.paragraph("first")
        b.page = 4
        b.paragraph("second")

    (made,) = chunk(make(build), ChunkingSettings(), tokenizer)
    assert (made.page_start, made.page_end) == (3, 4)


@pytest.mark.parametrize("change", [{"max_tokens": 100}, {"heading_tokens": 10}])
def test_the_fingerprint_changes_with_every_setting(tokenizer, change: dict):
    assert chunk_fingerprint(ChunkingSettings(**change), tokenizer) != chunk_fingerprint(ChunkingSettings(), tokenizer)
