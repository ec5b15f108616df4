"""Search results can be cited: their text is the canonical text's, and their chunks are traced."""

import shutil
from pathlib import Path

import pytest

import vouch
from tests.pipeline.steps import configure, run, tables
from vouch.index.search.index import Index
from vouch.index.store.run_log import newest_published, write_run
from vouch.index.store.tables import rows
from vouch.pipeline.context.settings_loader import SettingsFile, read_settings
from vouch.pipeline.operations.trace import trace_chunk

SUBJECTS = ("kettles", "bridges", "violins", "glaciers", "archives", "orchards")
HANDBOOK = "# Handbook\n\n" + "\n\n".join(
    f"## About {subject}\n\n"
    + "\n\n".join(
        f"Rule {number} on {subject}: keep them dry, 🫖 warm and counted, "
        f"then report to the warden of {subject}."
        for number in range(12)
    )
    for subject in SUBJECTS
)
TABLE = "name,town\n" + "\n".join(f"person {number},town number {number}" for number in range(80))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    folder = tmp_path_factory.mktemp("searched")
    (folder / "documents").mkdir()
    (folder / "documents/handbook.md").write_text(HANDBOOK)
    (folder / "documents/people.csv").write_text(TABLE)
    path = configure(folder, tiny_model)
    run(path)
    return path


@pytest.fixture(scope="module")
def file(settings: Path) -> SettingsFile:
    return read_settings(settings)


@pytest.fixture(scope="module")
def published(file: SettingsFile) -> Index:
    return vouch.open(file.index_location)


@pytest.mark.parametrize("mode", ["hybrid", "vector", "text"])
def test_the_text_of_a_result_is_a_span_of_its_document(
    settings: Path, published: Index, mode: str
):
    documents = rows(tables(settings).documents, ("uri", "canonical_text")).to_pylist()
    texts = {row["uri"]: row["canonical_text"] for row in documents}
    hits = published.search("counting orchards, the warden", k=5, mode=mode)
    assert 1 <= len(hits) <= 5
    for hit in hits:
        assert texts[hit.uri][hit.char_start : hit.char_end] == hit.text
        assert hit.chunk_id in hit.chunk_ids
    # Neighbouring chunks are joined, and no chunk is in two results.
    assert any(len(hit.chunk_ids) > 1 for hit in hits)
    identities = [identity for hit in hits for identity in hit.chunk_ids]
    assert len(set(identities)) == len(identities)


def test_every_chunk_of_a_result_is_traced_to_its_file(file: SettingsFile, published: Index):
    hits = published.search("counting orchards, the warden", k=5)
    joined = next(hit for hit in hits if len(hit.chunk_ids) > 1)
    for identity in joined.chunk_ids[:2]:
        assert trace_chunk(file, identity).proved


def test_a_broader_search_returns_no_less_text(published: Index):
    lengths = [
        sum(
            len(hit.text)
            for hit in published.search("the warden of glaciers", k=5, breadth=breadth)
        )
        for breadth in ("precise", "balanced", "broad")
    ]
    assert lengths[0] > 0
    assert lengths == sorted(lengths)


def test_the_breadth_all_returns_every_chunk_by_itself(settings: Path, published: Index):
    hits = published.search("anything", k=10_000, breadth="all")
    assert len(hits) == tables(settings).chunks.count_rows()
    assert all(hit.chunk_ids == (hit.chunk_id,) for hit in hits)


def test_a_result_over_two_sections_is_cited_by_the_heading_above_both(published: Index):
    hits = published.search("Rule on kettles and bridges: keep them dry", k=5, breadth="broad")
    for hit in hits:
        headings = {subject for subject in SUBJECTS if f"About {subject}" in hit.text}
        assert len(headings) <= 1 or hit.heading_path == ("Handbook",)


def test_a_row_of_a_table_is_cited_by_its_number(published: Index):
    (hit,) = published.search("person 41", k=1, mode="text", breadth="precise")
    assert hit.uri == "people.csv"
    assert hit.row_start <= 42 <= hit.row_end
    assert f"rows {hit.row_start}–{hit.row_end}" in hit.citation
    assert "person 41 | town number 41" in hit.text


def test_a_state_that_an_earlier_version_published_is_searched(settings: Path, tmp_path: Path):
    copy = shutil.copytree(settings.parent, tmp_path / "project") / "vouch.yaml"
    early = tables(copy)
    early.chunks.drop_columns(["chunk_index", "row_start", "row_end"])
    record = newest_published(early)
    assert record
    write_run(early, record.model_copy(update={"versions": early.versions()}))
    hits = vouch.open(early.location.local_path).search("the warden of glaciers", k=3)
    assert hits
    # Without their places in the document, chunks are not joined.
    assert all(len(hit.chunk_ids) == 1 and hit.row_start is None for hit in hits)
