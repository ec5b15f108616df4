"""Sums of what is left out: over documents, over shards, and what is shown of it."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pipeline.stages.built_documents import document
from vouch.parsers.common.left_out import LeftOutCounts
from vouch.pipeline.stages.left_out_texts import left_out_of, merge_left_out
from vouch.pipeline.stages.processed_document import ProcessedDocument
from vouch.schemas.documents.records import LeftOutKind
from vouch.schemas.runs.record import LeftOutSummary

HIDDEN, NUMBER = LeftOutKind.HIDDEN, LeftOutKind.PAGE_NUMBER
TOKEN = "ghp_" + "aB3dE6gH9kL2nP5r" * 2 + "Zx7Q"


def processed(uri: str, text: str, *left_out: tuple[LeftOutKind, str]) -> ProcessedDocument:
    """A checked document that is to be published, with what its parser left out."""
    counts = LeftOutCounts()
    for kind, piece in left_out:
        counts.add(kind, piece)
    return replace(document(uri, text, left_out=counts.rows()), row={"uri": uri})


def test_texts_are_counted_by_kind_over_documents_and_shards():
    first = left_out_of([processed("a.md", "x" * 90, (HIDDEN, "y" * 10), (NUMBER, "1"))])
    second = left_out_of([processed("b.md", "x" * 80, (HIDDEN, "z" * 19)), processed("c.md", "x")])
    merged = merge_left_out([first, second])
    assert (merged.documents, merged.read, merged.left_out) == (3, 201, 30)
    assert [(group.kind, group.pieces, group.characters, group.documents)
            for group in merged.groups] == [("hidden", 2, 29, 2), ("page_number", 1, 1, 1)]  # fmt: skip
    assert [example.uri for example in merged.groups[0].examples] == ["a.md", "b.md"]
    assert merge_left_out([]) == LeftOutSummary()


def test_only_published_documents_that_were_parsed_count():
    sound = processed("a.md", "x" * 90, (HIDDEN, "y" * 10))
    from_stored_text = replace(sound, kept={"read_chars": 100, "left_out_chars": 10})
    quarantined = replace(sound, row=None)
    unchanged = replace(sound, parsed=None, unchanged=True)
    assert left_out_of([from_stored_text, quarantined, unchanged]) == LeftOutSummary()


def test_documents_that_lose_more_than_half_are_named_those_that_lose_most_first():
    losing = [processed(f"{n}.md", "x" * 400, (HIDDEN, "y" * (700 + n))) for n in range(12)]
    short = processed("short.md", "x", (HIDDEN, "y" * 99))
    half = processed("half.md", "x" * 1000, (HIDDEN, "y" * 1000))
    parts = [left_out_of(losing[:6]), left_out_of([*losing[6:], short, half])]
    merged = merge_left_out(parts)
    assert merged.mostly_left_out == 12
    assert [named.uri for named in merged.documents_losing_most] == [
        f"{n}.md" for n in range(11, 1, -1)
    ]
    assert merged.documents_losing_most[0].share == 711 / 1111


def test_examples_come_from_the_documents_that_lose_most_one_of_each_first():
    few = processed("few.md", "x", (HIDDEN, "short"))
    many = processed("many.md", "x", *((HIDDEN, f"{n} " + "y" * 50) for n in range(9)))
    (group,) = left_out_of([few, many]).groups
    assert [example.uri for example in group.examples] == ["many.md", "few.md"] + ["many.md"] * 3


def test_a_secret_at_the_border_of_an_example_is_not_shown():
    for place in range(100, 200, 7):
        text = "word " * (place // 5) + TOKEN + " and anna.kowalska@contoso-hr.com " + "word " * 90
        shown = left_out_of([processed("a.md", "x", (HIDDEN, text))]).groups[0].examples[0].message
        assert TOKEN[:8] not in shown
        assert "kowalska" not in shown
        assert len(shown) <= 162


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(LeftOutKind), st.text(max_size=20)), max_size=20))
def test_every_piece_counts_once_and_its_longest_are_kept(pieces: list[tuple[LeftOutKind, str]]):
    counts = LeftOutCounts()
    for kind, text in pieces:
        counts.add(kind, text)
    counted = [(kind, text.strip()) for kind, text in pieces if text.strip()]
    assert sum(row.pieces for row in counts.rows()) == len(counted)
    for row in counts.rows():
        lengths = sorted({text for kind, text in counted if kind is row.kind}, key=len)
        assert row.characters == sum(len(text) for kind, text in counted if kind is row.kind)
        assert sorted(map(len, row.examples)) == [len(text) for text in lengths[-5:]]
