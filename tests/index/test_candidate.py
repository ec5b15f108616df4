"""A candidate that shares the published files is searched as one that is built from nothing."""

from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

import vouch.index.publishing.candidate as module
from tests.flows.steps import run
from vouch.embedders.model_card import ModelCard
from vouch.embedders.embedder import Embedder
from vouch.index.publishing.candidate import _DEPTH, _with_depth, build_candidate
from vouch.index.search.search import Index
from vouch.index.store.staging import ShardSummary, Staging
from vouch.index.store.tables import Tables, frame, frames, is_in, rows
from vouch.pipeline.context.settings_loader import read_settings
from vouch.schemas.ids import sha256_text

pytestmark = pytest.mark.usefixtures("prefect_server")

WORDS = "river stone garden winter engine letter music window harvest market bridge copper".split()
QUERIES = ("river bridge", "copper engine in winter", "quince marmalade", "letter")


@pytest.fixture(scope="module")
def settings(
    tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, prefect_server: None
) -> Path:
    folder = tmp_path_factory.mktemp("candidate")
    (folder / "documents").mkdir()
    for n in range(60):
        told = " ".join(WORDS[(n * k + k) % len(WORDS)] for k in range(1, 9 + n % 5))
        (folder / f"documents/{n}.md").write_text(
            f"# {WORDS[n % 12].title()} {n}\n\nAbout the {told}.\n"
        )
    (folder / "vouch.yaml").write_text(
        f"sources: [{{name: docs, path: documents}}]\nembedding: {{model: {tiny_model}}}\nparsing: {{workers: 1}}\n"
    )
    run(folder / "vouch.yaml")
    return folder / "vouch.yaml"


def staged(tables: Tables, folder: Path, gone: list[str]) -> Staging:
    """The chunks of these documents with other words."""
    held = rows(tables.chunks, tables.chunks.schema.names, is_in("document_id", gone))
    staging = Staging(folder / "shards", tables.dimension)
    made = [row | {"text": f"{row['text']} quince {n} marmalade", "chunk_id": sha256_text(f"{n}")[:32]}
            for n, row in enumerate(held.to_pylist())]  # fmt: skip
    empty = {name: staging.schemas[name].empty_table() for name in ("documents", "quarantine")}
    staging.write(
        "one",
        {"chunks": pa.Table.from_pylist(made, schema=staging.schemas["chunks"]), **empty},
        ShardSummary(),
    )
    staging.use(["one"])
    return staging


def test_shared_and_built_candidates_rank_alike(
    settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = read_settings(settings)
    tables = Tables.open(file.index_folder)
    before = tables.versions()
    gone = sorted(rows(tables.chunks, ["document_id"]).column("document_id").to_pylist())[:4]
    staging = staged(tables, tmp_path, gone)
    shared = build_candidate(tables, staging, gone, tmp_path / "shared")
    assert not list((tmp_path / "shared/chunks.lance/_indices").glob("*"))
    monkeypatch.setattr(module, "_LITTLE", 0.0)
    built = build_candidate(tables, staging, gone, tmp_path / "built")
    assert list((tmp_path / "built/chunks.lance/_indices").glob("*"))
    assert tables.versions() == Tables.open(file.index_folder).versions() == before
    columns = ("chunk_id", "document_id", "text")
    each = [sorted(map(str, rows(one.chunks, columns).to_pylist())) for one in (shared, built)]
    assert each[0] == each[1]
    assert sum("quince" in row for row in each[0]) == 4
    card = ModelCard.find(file.settings.embedding, file.folder)
    embedder = Embedder(card)
    one, other = (Index.of(made, card.fingerprint, embedder) for made in (shared, built))
    for query in QUERIES:
        assert near(one, query) == near(other, query)
        assert worded(one, query) == pytest.approx(worded(other, query), rel=0.15)


def near(searched: Index, query: str) -> list[str]:
    return [
        passage.best["chunk_id"] for passage in searched.find(query, 10, "vector", breadth="all")
    ]


def worded(searched: Index, query: str) -> dict[str, float]:
    """Scores by chunk. In a shared one words are weighed with the 4 of 60 chunks that are gone still counted."""
    return {
        row["chunk_id"]: row["_score"]
        for row in searched._queries.worded(query, 100, None).values()
    }


def test_a_table_batch_by_batch_is_the_table(settings: Path):
    tables = Tables.open(read_settings(settings).index_folder)
    held = frame(tables.chunks, ("chunk_id", "heading_path")).sort("chunk_id")
    parts = list(
        frames(
            tables.chunks,
            {"chunk_id": "chunk_id", "heading_path": "heading_path", "heading_depth": _DEPTH},
        )
    )
    assert parts[0].is_empty()
    found = pl.concat(parts).sort("chunk_id")
    assert found.drop("heading_depth").equals(held)
    assert found.drop("heading_path").equals(_with_depth(held))
