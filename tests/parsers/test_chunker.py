"""Chunks prove themselves, fit the model, lose nothing, and carry what they belong to."""

from random import Random
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vouch.chunkers.chunker import chunk, chunk_fingerprint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.schemas.records import Chunk, Document, ElementType, Metadata
from vouch.schemas.settings import ChunkingSettings

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
        kind = draw(
            st.sampled_from(
                ["title", "paragraph", "list_item", "code", "table", "header", "footer"]
            )
        )
        builder.page = draw(st.none() | st.integers(1, 5))
        if kind == "table":
            rows = draw(
                st.lists(
                    st.lists(TEXTS.map(lambda text: text[:300]), min_size=1, max_size=4),
                    max_size=12,
                )
            )
            builder.table(rows, header_rows=draw(st.integers(0, 2)))
        elif kind == "title":
            builder.title(draw(TEXTS)[:500], draw(st.integers(1, 6)))
        else:
            getattr(builder, kind)(draw(TEXTS))
    return builder.build(Metadata(title=draw(st.none() | TEXTS)))


@settings(max_examples=150)
@given(
    document=documents(), most=st.sampled_from([32, 64, 160]), above=st.sampled_from([0, 24, 96])
)
def test_invariants(document: Document, most: int, above: int, tokenizer):
    limits = ChunkingSettings(max_tokens=most, heading_tokens=above)
    chunks = chunk(document, limits, tokenizer)
    for made in chunks:
        assert document.text[made.char_start : made.char_end] == made.text
        assert made.text == made.text.strip()
        assert made.text
        assert (
            made.token_count
            == len(tokenizer.offsets(made.embedding_input)) + tokenizer.special_tokens
        )
        assert made.token_count <= limits.max_embedded_tokens
    assert [made.char_start for made in chunks] == sorted(made.char_start for made in chunks)
    _nothing_lost(document, chunks)
    assert chunks == chunk(document, limits, tokenizer)
    assert all(one.char_end <= two.char_start for one, two in zip(chunks, chunks[1:], strict=False))


def _nothing_lost(document: Document, chunks: tuple[Chunk, ...]) -> None:
    searched = [
        e for e in document.elements if e.type not in (ElementType.HEADER, ElementType.FOOTER)
    ] or document.elements
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
    assert all(
        made.embedded_text.startswith("Handbook > Leave > Parents\n") for made in chunks[1:-1]
    )
    assert chunks[-1].text == "Others\n\nThirty days a year."
    assert chunks[-1].heading_path == ("Leave", "Others")
    assert all("Handbook" not in made.text for made in chunks)


def test_a_table_is_cut_between_rows_with_its_header_repeated(tokenizer):
    rows = [["name", "age"], *([f"person number {n}", str(n)] for n in range(60))]
    document = make(lambda b: b.table(rows, header_rows=1))
    chunks = chunk(document, ChunkingSettings(max_tokens=80), tokenizer)
    assert len(chunks) > 3
    assert all(
        made.embedded_text.startswith("Handbook\nname | age\nperson number") for made in chunks
    )
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


def test_a_chunk_ends_with_an_element_rather_than_in_one(tokenizer):
    paragraphs = [
        f"Paragraph {n} tells of one thing. It says so in {n} words, and in three sentences. Then it ends."
        for n in range(20)
    ]
    document = make(lambda b: [b.paragraph(text) for text in paragraphs])
    chunks = chunk(document, ChunkingSettings(max_tokens=100), tokenizer)
    assert len(chunks) > 5
    assert all(made.text.startswith("Paragraph") and made.text.endswith("ends.") for made in chunks)


def test_what_ends_with_a_colon_stays_with_what_it_announces(tokenizer):
    def build(b: DocumentBuilder) -> None:
        for n in range(30):
            b.paragraph(f"Case {n} needs the following, whatever else is said of it elsewhere:")
            b.code(f"command --number {n}")

    chunks = chunk(make(build), ChunkingSettings(max_tokens=80), tokenizer)
    assert len(chunks) > 5
    assert not any(made.text.endswith(":") for made in chunks)


def test_a_heading_never_ends_a_chunk_and_no_scrap_is_left(tokenizer):
    def build(b: DocumentBuilder) -> None:
        for n in range(9):
            b.title(f"Section {n}", 2)
            for m in range(n):
                b.paragraph(
                    f"Thing {m} of section {n} is told here in a sentence of its own, which is not short."
                )

    chunks = chunk(make(build), ChunkingSettings(max_tokens=64), tokenizer)
    assert not any(made.text.split("\n")[-1].startswith("Section") for made in chunks)
    assert min(made.token_count for made in chunks[2:]) > 16


def test_an_edit_moves_the_borders_around_it_alone(tokenizer):
    random = Random(5)
    limits = ChunkingSettings(max_tokens=100)
    fresh, after = [], []
    for _ in range(60):
        texts = [_sentences(random) for _ in range(60)]
        place = random.randrange(len(texts))
        edited = [*texts[:place], _sentences(random), *texts[place + random.randrange(2) :]]
        before = chunk(
            make(lambda b, texts=texts: [b.paragraph(text) for text in texts]), limits, tokenizer
        )
        now = chunk(
            make(lambda b, texts=edited: [b.paragraph(text) for text in texts]), limits, tokenizer
        )
        known = {made.embedding_input for made in before}
        new = [number for number, made in enumerate(now) if made.embedding_input not in known]
        fresh.append(len(new))
        after.append(len(now) - new[-1])
    # Of some thirty chunks a document. Cut by filling up each chunk it would be all that come after: fifteen.
    assert fmean(fresh) < 5
    assert fmean(after) > 8


def _sentences(random: Random) -> str:
    words = [
        "river",
        "stone",
        "letter",
        "winter",
        "engine",
        "garden",
        "number",
        "window",
        "paper",
        "signal",
    ]
    return " ".join(
        f"The {' '.join(random.choices(words, k=random.randint(4, 12)))}."
        for _ in range(random.randint(1, 4))
    )


def test_rows_of_a_table_are_cited(tokenizer):
    rows = [["name", "age"], *([f"person number {n}", str(n)] for n in range(1, 61))]
    chunks = chunk(
        make(lambda b: b.table(rows, header_rows=1)), ChunkingSettings(max_tokens=80), tokenizer
    )
    assert (chunks[0].row_start, chunks[-1].row_end) == (1, 60)
    for made in chunks:
        cited = [line for line in made.text.split("\n") if line.startswith("person")]
        assert cited[0] == f"person number {made.row_start} | {made.row_start}"
        assert cited[-1] == f"person number {made.row_end} | {made.row_end}"
    (text,) = chunk(make(lambda b: b.paragraph("no table")), ChunkingSettings(), tokenizer)
    assert (text.row_start, text.row_end) == (None, None)


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
    assert chunk_fingerprint(ChunkingSettings(**change), tokenizer) != chunk_fingerprint(
        ChunkingSettings(), tokenizer
    )
