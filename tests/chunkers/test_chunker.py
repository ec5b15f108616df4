"""Chunks are spans that fit the model, lose no text, and carry the context that they belong to."""

from random import Random
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.proofs import prove_chunks
from vouch.chunkers.chunker import chunk, chunk_fingerprint, rows_of
from vouch.parsers.common.builder import DocumentBuilder
from vouch.schemas.documents.records import Document, Metadata
from vouch.schemas.settings.chunking import ChunkingSettings

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
CELLS = TEXTS.map(lambda text: text[:300])
KINDS = ["title", "paragraph", "list_item", "code", "table", "header", "footer"]


@st.composite
def documents(draw) -> Document:
    builder = DocumentBuilder()
    for _ in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from(KINDS))
        builder.page = draw(st.none() | st.integers(1, 5))
        if kind == "table":
            rows = draw(st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=12))
            builder.table(rows, header_rows=draw(st.integers(0, 2)))
        elif kind == "title":
            builder.title(draw(TEXTS)[:500], draw(st.integers(1, 6)))
        else:
            getattr(builder, kind)(draw(TEXTS))
    return builder.build(Metadata(title=draw(st.none() | TEXTS)))


@settings(max_examples=60)
@given(
    document=documents(),
    max_tokens=st.sampled_from([32, 64, 160]),
    heading_tokens=st.sampled_from([0, 24, 96]),
)
def test_chunks_are_spans_that_fit_do_not_overlap_and_lose_no_text(
    document: Document, max_tokens: int, heading_tokens: int, tokenizer
):
    limits = ChunkingSettings(max_tokens=max_tokens, heading_tokens=heading_tokens)
    prove_chunks(document, limits, tokenizer)
    chunks = chunk(document, limits, tokenizer)
    assert chunks == chunk(document, limits, tokenizer)
    for cut in chunks:
        assert cut.text == cut.text.strip()
        tokens = len(tokenizer.tokens(cut.embedding_input).spans) + tokenizer.special_tokens
        assert cut.token_count == tokens
    assert all(a.char_end <= b.char_start for a, b in zip(chunks, chunks[1:], strict=False))


def make(build) -> Document:
    builder = DocumentBuilder()
    build(builder)
    return builder.build(Metadata(title="Handbook"))


def test_a_heading_begins_a_chunk_and_is_embedded_with_the_rest_of_its_section(tokenizer):
    def build(builder: DocumentBuilder) -> None:
        builder.title("Leave", 1)
        builder.title("Parents", 2)
        builder.paragraph("Twenty weeks are paid. " * 40)
        builder.title("Others", 2)
        builder.paragraph("Thirty days a year.")

    chunks = chunk(make(build), ChunkingSettings(max_tokens=100), tokenizer)
    assert chunks[0].text.startswith("Leave\n\nParents\n\nTwenty weeks")
    assert chunks[0].embedded_text.startswith("Handbook\nLeave")
    path = "Handbook > Leave > Parents\n"
    assert all(cut.embedded_text.startswith(path) for cut in chunks[1:-1])
    assert chunks[-1].text == "Others\n\nThirty days a year."
    assert chunks[-1].heading_path == ("Leave", "Others")
    assert all("Handbook" not in cut.text for cut in chunks)


def test_a_table_is_cut_between_rows_and_its_header_repeated(tokenizer):
    rows = [["name", "age"], *([f"person number {n}", str(n)] for n in range(60))]
    document = make(lambda builder: builder.table(rows, header_rows=1))
    chunks = chunk(document, ChunkingSettings(max_tokens=80), tokenizer)
    assert len(chunks) > 3
    header = "Handbook\nname | age\nperson number"
    assert all(cut.embedded_text.startswith(header) for cut in chunks)
    assert all(line.count(" | ") == 1 for cut in chunks for line in cut.text.split("\n"))
    assert sum(cut.text.count("person number") for cut in chunks) == 60


def test_sentences_are_kept_whole_where_they_fit(tokenizer):
    text = "Dr. Smith went home at 5 p.m. on Monday. " * 30
    document = make(lambda builder: builder.paragraph(text))
    chunks = chunk(document, ChunkingSettings(max_tokens=64), tokenizer)
    assert all(cut.text.endswith("on Monday.") and cut.text.startswith("Dr.") for cut in chunks)


def test_code_is_cut_between_lines(tokenizer):
    text = "\n".join(f"value_{n} = compute({n})" for n in range(80))
    document = make(lambda builder: builder.code(text))
    chunks = chunk(document, ChunkingSettings(max_tokens=64), tokenizer)
    assert all(cut.text.startswith("value_") and cut.text.endswith(")") for cut in chunks)


def test_a_chunk_ends_with_an_element_rather_than_within_it(tokenizer):
    def build(builder: DocumentBuilder) -> None:
        for n in range(20):
            builder.paragraph(
                f"Paragraph {n} is about one thing. It does so in {n} words, and in three "
                "sentences. Then it ends."
            )

    chunks = chunk(make(build), ChunkingSettings(max_tokens=100), tokenizer)
    assert len(chunks) > 5
    assert all(cut.text.startswith("Paragraph") and cut.text.endswith("ends.") for cut in chunks)


def test_a_text_that_ends_with_a_colon_stays_with_what_it_announces(tokenizer):
    def build(builder: DocumentBuilder) -> None:
        for n in range(30):
            builder.paragraph(f"Case {n} needs the following, whatever else is written elsewhere:")
            builder.code(f"command --number {n}")

    chunks = chunk(make(build), ChunkingSettings(max_tokens=80), tokenizer)
    assert len(chunks) > 5
    assert not any(cut.text.endswith(":") for cut in chunks)


def test_a_heading_never_ends_a_chunk_and_no_tiny_chunk_is_left(tokenizer):
    def build(builder: DocumentBuilder) -> None:
        for n in range(9):
            builder.title(f"Section {n}", 2)
            for m in range(n):
                builder.paragraph(
                    f"Thing {m} of section {n} is described here in a sentence of its own, "
                    "which is not short."
                )

    chunks = chunk(make(build), ChunkingSettings(max_tokens=64), tokenizer)
    assert not any(cut.text.split("\n")[-1].startswith("Section") for cut in chunks)
    assert min(cut.token_count for cut in chunks[2:]) > 16


def test_an_edit_changes_the_chunks_around_it_alone(tokenizer):
    random = Random(5)
    limits = ChunkingSettings(max_tokens=100)
    changed, unchanged_after = [], []
    for _ in range(20):
        texts = [random_sentences(random) for _ in range(60)]
        place = random.randrange(len(texts))
        edited = [*texts[:place], random_sentences(random), *texts[place + random.randrange(2) :]]
        before, now = [
            chunk(make(lambda builder, t=t: [*map(builder.paragraph, t)]), limits, tokenizer)
            for t in (texts, edited)
        ]
        indexed = {cut.embedding_input for cut in before}
        new = [number for number, cut in enumerate(now) if cut.embedding_input not in indexed]
        changed.append(len(new))
        unchanged_after.append(len(now) - new[-1])
    # Of some twenty chunks. A chunker that fills up each chunk changes all that follow: ten.
    assert fmean(changed) < 5
    assert fmean(unchanged_after) > 8


WORDS = "river stone letter winter engine garden number window paper signal".split()


def random_sentences(random: Random) -> str:
    return " ".join(
        f"The {' '.join(random.choices(WORDS, k=random.randint(4, 12)))}."
        for _ in range(random.randint(1, 4))
    )


def test_the_rows_of_a_table_are_cited(tokenizer):
    rows = [["name", "age"], *([f"person number {n}", str(n)] for n in range(1, 61))]
    document = make(lambda builder: builder.table(rows, header_rows=1))
    chunks = chunk(document, ChunkingSettings(max_tokens=80), tokenizer)
    assert (chunks[0].row_start, chunks[-1].row_end) == (1, 60)
    for cut in chunks:
        cited = [line for line in cut.text.split("\n") if line.startswith("person")]
        assert cited[0] == f"person number {cut.row_start} | {cut.row_start}"
        assert cited[-1] == f"person number {cut.row_end} | {cut.row_end}"


@given(
    st.lists(
        st.lists(st.text(alphabet="ab |\n ", max_size=4), min_size=1, max_size=3),
        min_size=1,
        max_size=6,
    ),
    st.integers(0, 3),
    st.data(),
)
def test_a_span_covers_the_rows_that_it_shares_a_character_with(rows, header_rows, data):
    builder = DocumentBuilder()
    builder.paragraph("before")
    builder.table(rows, header_rows)
    document = builder.build()
    if len(document.elements) < 2:
        return
    table = document.elements[1]
    start = data.draw(st.integers(0, table.char_end))
    end = data.draw(st.integers(start, table.char_end))
    body = table.table.rows[table.table.header_rows :]
    touched = [
        number for number, row in enumerate(body, 1) if max(start, row[0][0]) < min(end, row[-1][1])
    ]
    assert rows_of(table, (start, end)) == ((touched[0], touched[-1]) if touched else None)


def test_other_elements_have_no_rows(tokenizer):
    document = make(lambda builder: builder.paragraph("no table"))
    (cut,) = chunk(document, ChunkingSettings(), tokenizer)
    assert (cut.row_start, cut.row_end) == (None, None)
    assert rows_of(document.elements[0], (0, 4)) is None


def test_page_headers_are_left_out_unless_there_is_nothing_else(tokenizer):
    both = make(lambda builder: (builder.header("Confidential"), builder.paragraph("Body text")))
    assert [cut.text for cut in chunk(both, ChunkingSettings(), tokenizer)] == ["Body text"]
    alone = make(lambda builder: builder.header("Confidential"))
    assert [cut.text for cut in chunk(alone, ChunkingSettings(), tokenizer)] == ["Confidential"]


def test_a_chunk_has_its_first_and_last_page(tokenizer):
    def build(builder: DocumentBuilder) -> None:
        builder.page = 3
        builder.paragraph("first")
        builder.page = 4
        builder.paragraph("second")

    (cut,) = chunk(make(build), ChunkingSettings(), tokenizer)
    assert (cut.page_start, cut.page_end) == (3, 4)


@pytest.mark.parametrize("change", [{"max_tokens": 100}, {"heading_tokens": 10}])
def test_the_fingerprint_changes_with_each_setting(tokenizer, change: dict):
    changed = chunk_fingerprint(ChunkingSettings(**change), tokenizer)
    assert changed != chunk_fingerprint(ChunkingSettings(), tokenizer)
