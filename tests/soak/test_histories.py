"""A real history, step by step: after each the index equals the step's state, and a rebuild from nothing."""

import os
import shutil
from pathlib import Path
from time import perf_counter

import numpy as np
import polars as pl
import pytest

from tests.soak.figures import FIGURES, note
from tests.soak.histories import states
from vouch.flows.ingest import ingest
from vouch.index.store.tables import Tables, frame, rows
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.schemas.run import RunRecord

pytestmark = [pytest.mark.soak, pytest.mark.usefixtures("prefect_server")]

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
def test_after_every_step_the_index_is_what_a_rebuild_would_be(
    corpus: str, tmp_path: Path, tiny_model: Path
):
    settings = _settings(tmp_path, "index", MODEL or str(tiny_model))
    figures = FIGURES / f"{corpus}.jsonl"
    figures.unlink(missing_ok=True)
    for number, paths in states(corpus, tmp_path / "documents"):
        begun = perf_counter()
        record = ingest(config=str(settings))
        seconds = perf_counter() - begun
        assert _held(settings) == paths
        assert ingest(config=str(settings)).status == "unchanged"
        rebuilt = _settings(tmp_path, f"rebuilt-{number}", MODEL or str(tiny_model))
        begun = perf_counter()
        ingest(config=str(rebuilt))
        _equal(settings, rebuilt)
        _note(figures, number, record, seconds, perf_counter() - begun)
        shutil.rmtree(tmp_path / f"rebuilt-{number}")
    found = diagnose(read_settings(settings))
    assert found.findings == ()


def _settings(folder: Path, index: str, model: str) -> Path:
    file = folder / f"{index}.yaml"
    run = f"run: {{work_path: work-{index}, report_path: reports, max_documents: 100000}}"
    file.write_text(
        f"sources: [{{name: docs, path: documents}}]\nembedding: {{model: {model}}}\nindex: {{path: {index}}}\n{run}\n"
    )
    return file


def _held(settings: Path) -> dict[str, str]:
    tables = Tables.open(read_settings(settings).index_folder)
    return dict(frame(tables.documents, ("uri", "content_sha256")).iter_rows())


def _equal(one: Path, other: Path) -> None:
    tables = [Tables.open(read_settings(settings).index_folder) for settings in (one, other)]
    sides = [frame(table.chunks, ROW).sort("chunk_id") for table in tables]
    assert sides[0].equals(sides[1])
    vectors = [_vectors(table) for table in tables]
    assert float(np.abs(vectors[0] - vectors[1]).max()) < 1e-3
    published = [
        frame(table.documents, ("uri", "status", "reason", "canonical_text", "chunk_count")).sort(
            "uri"
        )
        for table in tables
    ]
    assert published[0].equals(published[1])


def _vectors(tables: Tables) -> np.ndarray:
    held = pl.DataFrame(pl.from_arrow(rows(tables.chunks, ("chunk_id", "vector")))).sort("chunk_id")
    return held["vector"].to_numpy()


def _note(figures: Path, number: int, record: RunRecord, seconds: float, rebuild: float) -> None:
    work = {cost.stage: cost.items for cost in record.stages}
    sums = record.accounting
    note(
        figures,
        step=number,
        listed=sums.listed,
        read=work.get("fetch", 0),
        parsed=work.get("parse", 0),
        removed=sums.removed,
        renamed=sums.renamed,
        chunks=sums.chunks_published + sums.chunks_unchanged,
        produced=sums.chunks_produced,
        embedded=work.get("embed", 0),
        seconds=round(seconds, 1),
        rebuild_seconds=round(rebuild, 1),
    )
