"""After each step of a real history the index equals the step's state and a rebuild."""

import os
import shutil
from pathlib import Path
from time import perf_counter

import numpy as np
import polars as pl
import pytest

from tests.pipeline.local_runs import ingest
from tests.soak.figures import FIGURES, note
from tests.soak.histories import states
from vouch.embedders.local.precision import MIN_COSINE
from vouch.index.store.tables import Tables, frame, rows
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.schemas.runs.record import RunRecord

pytestmark = pytest.mark.soak

MODEL = os.environ.get("SOAK_MODEL", "")
ROW = (
    "chunk_id",
    "uri",
    "text",
    "embedded_text",
    "char_start",
    "char_end",
    "heading_path",
    "language",
    "token_count",
    "embedded_sha256",
)


@pytest.mark.parametrize("corpus", ["peps", "prefect_docs"])
@pytest.mark.timeout(5 * 3600)
def test_the_index_equals_a_rebuild_after_every_step(corpus: str, tmp_path: Path, tiny_model: Path):
    settings = _settings(tmp_path, "index", MODEL or str(tiny_model))
    figures = FIGURES / f"{corpus}.jsonl"
    figures.unlink(missing_ok=True)
    for number, paths in states(corpus, tmp_path / "documents"):
        start = perf_counter()
        record = ingest(config=str(settings))
        seconds = perf_counter() - start
        assert _indexed_hashes(settings) == paths
        assert ingest(config=str(settings)).status == "unchanged"
        rebuilt = _settings(tmp_path, f"rebuilt-{number}", MODEL or str(tiny_model))
        start = perf_counter()
        ingest(config=str(rebuilt))
        _assert_equal(settings, rebuilt)
        _note(figures, number, record, seconds, perf_counter() - start)
        shutil.rmtree(tmp_path / f"rebuilt-{number}")
    assert diagnose(read_settings(settings)).findings == ()


def _settings(folder: Path, index: str, model: str) -> Path:
    file = folder / f"{index}.yaml"
    file.write_text(
        f"sources: [{{name: docs, path: documents}}]\nembedding: {{model: {model}}}\n"
        f"index: {{path: {index}}}\n"
        f"run: {{work_path: work-{index}, report_path: reports, max_documents: 100000}}\n"
    )
    return file


def _indexed_hashes(settings: Path) -> dict[str, str]:
    tables = Tables.open(read_settings(settings).index_location)
    return dict(frame(tables.documents, ("uri", "content_sha256")).iter_rows())


def _assert_equal(*projects: Path) -> None:
    tables = [Tables.open(read_settings(settings).index_location) for settings in projects]
    sides = [frame(table.chunks, ROW).sort("chunk_id") for table in tables]
    assert sides[0].equals(sides[1])
    vectors = [_vectors(table) for table in tables]
    assert float(np.sum(vectors[0] * vectors[1], axis=1).min()) >= MIN_COSINE
    published = [
        frame(table.documents, ("uri", "status", "reason", "canonical_text", "chunk_count")).sort(
            "uri"
        )
        for table in tables
    ]
    assert published[0].equals(published[1])


def _vectors(tables: Tables) -> np.ndarray:
    vectors = pl.DataFrame(pl.from_arrow(rows(tables.chunks, ("chunk_id", "vector")))).sort(
        "chunk_id"
    )
    return vectors["vector"].to_numpy()


def _note(figures: Path, number: int, record: RunRecord, seconds: float, rebuild: float) -> None:
    work = {cost.stage: cost.items for cost in record.stages}
    accounting = record.accounting
    note(
        figures,
        step=number,
        listed=accounting.listed,
        read=work.get("fetch", 0),
        parsed=work.get("parse", 0),
        removed=accounting.removed,
        renamed=accounting.renamed,
        chunks=accounting.chunks_published + accounting.chunks_unchanged,
        produced=accounting.chunks_produced,
        embedded=work.get("embed", 0),
        seconds=round(seconds, 1),
        rebuild_seconds=round(rebuild, 1),
    )
