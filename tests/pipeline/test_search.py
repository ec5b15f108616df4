"""What a search gives can be cited: its text is the canonical text's, and each chunk in it can be traced."""

import pytest

import vouch
from tests.pipeline.steps import run
from vouch.index.store.run_log import newest_published, write_run
from vouch.index.store.tables import Tables, rows
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.trace import trace_chunk

SUBJECTS = [
    "kettles",
    "bridges",
    "violins",
    "glaciers",
    "archives",
    "orchards",
    "engines",
    "harbours",
]
LONG = "# Handbook\n\n" + "\n\n".join(
    f"## About {subject}\n\n"
    + "\n\n".join(
        f"Rule {n} on {subject}: keep them dry, 🫖 warm and counted, then tell the warden of {subject}."
        for n in range(12)
    )
    for subject in SUBJECTS
)
TABLE = "name,town\n" + "\n".join(f"person {n},town number {n}" for n in range(80))


@pytest.fixture
def searched(project):
    settings = project({"handbook.md": LONG, "people.csv": TABLE})
    run(settings)
    return read_settings(settings)


@pytest.mark.parametrize("mode", ["hybrid", "vector", "text"])
def test_every_passage_proves_itself(searched, mode: str):
    documents = rows(
        Tables.open(searched.index_folder).documents, ("uri", "canonical_text")
    ).to_pylist()
    texts = {row["uri"]: row["canonical_text"] for row in documents}
    hits = vouch.open(searched.index_folder).search("counting orchards, the warden", k=5, mode=mode)
    assert 1 <= len(hits) <= 5
    for hit in hits:
        assert texts[hit.uri][hit.char_start : hit.char_end] == hit.text
        assert hit.chunk_id in hit.chunk_ids
        assert all(trace_chunk(searched, identity).proved for identity in hit.chunk_ids)
    assert any(len(hit.chunk_ids) > 1 for hit in hits)
    assert len({identity for hit in hits for identity in hit.chunk_ids}) == sum(
        len(hit.chunk_ids) for hit in hits
    )


def test_the_broader_the_more(searched):
    published = vouch.open(searched.index_folder)
    found = {
        breadth: sum(
            len(hit.text)
            for hit in published.search("the warden of glaciers", k=5, breadth=breadth)
        )
        for breadth in ("precise", "balanced", "broad")
    }
    assert 0 < found["precise"] <= found["balanced"] <= found["broad"]


def test_all_gives_chunks_one_by_one(searched):
    held = Tables.open(searched.index_folder).chunks.count_rows()
    hits = vouch.open(searched.index_folder).search("anything", k=10_000, breadth="all")
    assert len(hits) == held
    assert all(hit.chunk_ids == (hit.chunk_id,) for hit in hits)


def test_a_passage_over_two_sections_is_cited_by_what_stands_above_both(searched):
    hits = vouch.open(searched.index_folder).search(
        "Rule on kettles and bridges: keep them dry", k=5, breadth="broad"
    )
    for hit in hits:
        names = {subject for subject in SUBJECTS if f"About {subject}" in hit.text}
        assert len(names) <= 1 or hit.heading_path == ("Handbook",)


def test_a_row_of_a_table_is_cited(searched):
    hit = vouch.open(searched.index_folder).search(
        "person 41", k=1, mode="text", breadth="precise"
    )[0]
    assert hit.uri == "people.csv"
    assert hit.row_start <= 42 <= hit.row_end
    assert f"rows {hit.row_start}–{hit.row_end}" in hit.citation
    assert "person 41 | town number 41" in hit.text


def test_a_state_that_an_earlier_version_published_is_searched(searched):
    tables = Tables.open(searched.index_folder)
    tables.chunks.drop_columns(["chunk_index", "row_start", "row_end"])
    record = newest_published(tables)
    write_run(tables, record.model_copy(update={"versions": tables.versions()}))
    hits = vouch.open(searched.index_folder).search("the warden of glaciers", k=3)
    assert hits
    assert all(len(hit.chunk_ids) == 1 and hit.row_start is None for hit in hits)
