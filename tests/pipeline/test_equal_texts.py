"""Equal texts are one hit with all its places, so that what differs moves up."""

import json
from pathlib import Path

import pytest

import vouch
from tests.pipeline.steps import configure, run, tables, write
from vouch.index.search.hit import Hit
from vouch.index.search.index import Index
from vouch.index.store.tables import rows
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.retrieval_evaluation import evaluate

NOTICE = "The notice period of a lease is three months, counted from the first of a month."
COPIES = 30
LONG = " ".join(f"Sentence {number} on the deposit of a tenant." for number in range(60))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """Copies of one text in many documents, and in one below a heading; a long document, twice;
    and a text that differs in a word.
    """
    path = configure(tmp_path_factory.mktemp("copies"), tiny_model)
    for number in range(COPIES):
        write(path, f"copies/{number:02}.md", NOTICE)
    write(path, "handbook.md", f"# Handbook\n\n## Leases\n\n{NOTICE}\n")
    write(path, "secret.md", f"---\nacl: hr\n---\n\n{NOTICE}\n")
    write(path, "near.md", NOTICE.replace("three", "two"))
    for name in ("long.md", "long-copy.md"):
        write(path, name, LONG)
    write(path, "other.md", "Tea is brewed in hot water, and a lease is signed by both.")
    run(path)
    return path


@pytest.fixture(scope="module")
def index(settings: Path) -> Index:
    return vouch.open(read_settings(settings).index_location)


def is_notice(hit: Hit) -> bool:
    return hit.text == NOTICE


@pytest.mark.parametrize("mode", ["hybrid", "vector", "text"])
def test_equal_texts_are_one_hit_and_the_next_different_ones_move_up(index: Index, mode: str):
    hits = index.search("notice period of a lease", k=4, mode=mode, breadth="broad")
    texts = [hit.text for hit in hits]
    assert len(set(texts)) == len(texts)
    (hit,) = filter(is_notice, hits)
    assert {place.uri for place in hit.places} <= {
        "secret.md", *(f"copies/{number:02}.md" for number in range(COPIES))
    }  # fmt: skip
    assert len(hit.places) == 20
    assert len(hit.places) + hit.more_places == COPIES + 1
    # What is nearly the same, or has more before it, is a hit of its own.
    assert {"near.md", "handbook.md"} <= {hit.uri for hit in hits}
    first = hit.places[0]
    assert (first.uri, first.citation, first.chunk_id) == (hit.uri, hit.citation, hit.chunk_id)


def test_a_place_is_cited_as_its_own_hit_would_be(index: Index):
    hits = index.search("notice period of a lease", k=100, breadth="all")
    own = {hit.chunk_id: hit for hit in hits}
    assert all(place.chunk_id == hit.chunk_id for hit in hits for place in hit.places)
    (hit,) = filter(is_notice, index.search("notice period of a lease", k=3))
    for place in hit.places:
        alone = own[place.chunk_id]
        assert (place.citation, place.source, place.uri, place.title, place.document_id) == (
            alone.citation, alone.source, alone.uri, alone.title, alone.document_id
        )  # fmt: skip
        text = index.document(place.document_id).text
        assert text[place.char_start : place.char_end] == hit.text


def test_places_are_only_those_that_the_filters_let_through(index: Index):
    for filters in (["metadata.acl!=hr"], ["uri=copies/07.md"], ["metadata.acl=hr"]):
        (hit,) = filter(is_notice, index.search("notice period", k=3, filters=filters))
        uris = {place.uri for place in hit.places}
        assert ("secret.md" in uris) == (filters == ["metadata.acl=hr"])
        counted = len(hit.places) + hit.more_places
        assert counted == {"metadata.acl!=hr": COPIES}.get(filters[0], 1)


def test_joined_passages_of_equal_chunks_are_one(index: Index):
    hits = index.search("sentence on the deposit of a tenant", k=5, breadth="broad")
    joined = [hit for hit in hits if len(hit.chunk_ids) > 1]
    assert joined
    for hit in joined:
        assert {place.uri for place in hit.places} == {"long.md", "long-copy.md"}
        assert len({(place.char_start, place.char_end) for place in hit.places}) == 1


def test_a_text_that_its_document_repeats_is_one_hit(settings: Path, index: Index):
    counted: dict[str, int] = {}
    for row in rows(tables(settings).chunks, ("text_sha256",)).to_pylist():
        counted[row["text_sha256"]] = counted.get(row["text_sha256"], 0) + 1
    for hit in index.search("lease deposit tenant notice tea", k=50, breadth="broad"):
        if len(hit.chunk_ids) == 1:
            (sha,) = (
                rows(tables(settings).chunks, ("text_sha256",), f"chunk_id = '{hit.chunk_id}'")
                .column(0)
                .to_pylist()
            )
            assert len(hit.places) + hit.more_places == counted[sha]


def test_a_golden_answer_in_any_of_the_places_counts(settings: Path):
    answers = [
        {"id": f"q{number}", "query": "What is the notice period of a lease?", "source": "docs",
         "uri": f"copies/{number:02}.md", "answer": NOTICE}
        for number in range(COPIES)
    ]  # fmt: skip
    forbidden = {"id": "n", "query": "notice period", "not_from": ["secret.md"]}
    golden = "\n".join(map(json.dumps, [*answers, forbidden]))
    result = evaluate(read_settings(settings), golden)["hybrid"]
    assert result.means["recall@5"] == result.means["MRR"] == pytest.approx(1.0)
    assert result.scores.breaches == {"n": "hit 1 is from secret.md"}


def test_the_excerpt_is_around_the_best_chunk(index: Index):
    hits = index.search("Sentence 37", k=3, mode="text")
    for hit in hits:
        text = index.document(hit.document_id).text
        assert hit.char_start <= hit.best_start < hit.best_end <= hit.char_end
        shown = hit.excerpt(120, "Sentence 37")
        assert shown.strip("…") in text
        assert len(shown) <= 122
    assert "Sentence 37 " in hits[0].excerpt(120, "Sentence 37")
