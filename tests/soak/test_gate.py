"""The gate on real documents: it publishes updates of two histories and detects corruptions."""

import csv
import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.pipeline import steps
from tests.pipeline.audit.corruptions import (
    added,
    doubled,
    each,
    half_deleted,
    in_the_wrong_encoding,
    shuffled,
    with_hidden_text,
    with_injection,
    without_headings,
)
from tests.pipeline.local_runs import ingest
from tests.pipeline.steps import failed, outcome
from tests.soak.figures import FIGURES, note
from tests.soak.histories import HISTORIES, states
from vouch.index.store.tables import Tables, rows
from vouch.schemas.errors import MassDeleteRefused
from vouch.schemas.runs.record import RunRecord, Severity

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]

configure = partial(steps.configure, parsing={})


def verdict(record: RunRecord) -> dict[str, list[str]]:
    failures = failed(record)
    return {
        "status": str(record.status),
        "blocks": [name for name, severity in failures.items() if severity is Severity.REJECT],
        "warns": [name for name, severity in failures.items() if severity is Severity.WARN],
    }


def chunks(folder: Path) -> set[str]:
    return set(
        rows(Tables.open(folder / "data/index").chunks, ["chunk_id"]).column("chunk_id").to_pylist()
    )


@pytest.mark.parametrize("corpus", ["peps", "prefect_docs"])
def test_updates_of_a_real_history_are_published(corpus: str, tmp_path: Path, tiny_model: Path):
    settings = configure(tmp_path, tiny_model)
    for number, _ in states(corpus, tmp_path / "documents"):
        result = verdict(outcome(settings))
        note(FIGURES / "gate.jsonl", test=f"clean update {number} of {corpus}", **result)
        assert result["blocks"] == []


def spanish(number: int) -> str:
    paragraphs = [
        part["context"]
        for article in json.loads((HISTORIES / "xquad/xquad.es.json").read_text("utf-8"))["data"]
        for part in article["paragraphs"]
    ]
    return f"# Nota {number}\n\n" + "\n\n".join(paragraphs[4 * number : 4 * number + 4])


CORRUPTIONS: list[tuple[str, Callable[[Path], None], dict]] = [
    ("headings stripped", each(without_headings), {}),
    ("text doubled", each(doubled), {}),
    ("words reversed", each(shuffled), {}),
    (
        "hidden text in 2 %, policy block",
        each(with_hidden_text, 0.02),
        {"policy": {"hidden_text": "block"}},
    ),
    (
        "injected instructions in 2 %, policy block",
        each(with_injection, 0.02),
        {"policy": {"injection": "block"}},
    ),
    ("half of the documents missing, allowed", half_deleted, {}),
]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """The folder of a project in which the first state of a history is published."""
    folder = tmp_path_factory.mktemp("gate")
    next(states("prefect_docs", folder / "documents"))
    ingest(config=str(configure(folder, tiny_model)))
    return folder


@pytest.mark.parametrize(
    ("name", "corrupt", "sections"), CORRUPTIONS, ids=[name for name, _, _ in CORRUPTIONS]
)
def test_a_corruption_is_not_published(
    name: str,
    corrupt: Callable[[Path], None],
    sections: dict,
    published: Path,
    tmp_path: Path,
    tiny_model: Path,
):
    folder = shutil.copytree(published, tmp_path / "project")
    before = chunks(folder)
    corrupt(folder / "documents")
    settings = configure(folder, tiny_model, **sections)
    if "missing" in name:
        with pytest.raises(MassDeleteRefused):
            ingest(config=str(settings))
        note(
            FIGURES / "gate.jsonl",
            test=name.removesuffix(", allowed"),
            status="stopped",
            blocks=["max_delete_share"],
            warns=[],
        )
    result = verdict(outcome(settings, allow_mass_delete="missing" in name))
    note(FIGURES / "gate.jsonl", test=name, **result)
    assert result["blocks"] or "missing" in name
    assert "drift_heading_depth" in result["blocks"] or name != "headings stripped"
    assert not result["blocks"] or chunks(folder) == before


@pytest.mark.parametrize("count", [20, 200])
@pytest.mark.parametrize("declared", [False, True])
def test_spanish_documents_in_an_english_source_are_detected(
    count: int, declared: bool, published: Path, tmp_path: Path, tiny_model: Path
):
    folder = shutil.copytree(published, tmp_path / "project")
    added({f"es-{number}.md": spanish(number % 60) for number in range(count)})(
        folder / "documents"
    )
    contract = {"contract": {"languages": ["en"], "severity": "block"}} if declared else {}
    result = verdict(outcome(configure(folder, tiny_model, contract)))
    note(
        FIGURES / "gate.jsonl",
        test=f"{count} Spanish documents{', English declared' if declared else ''}",
        **result,
    )
    assert bool(result["blocks"]) >= declared
    # A new contract checks all documents again, and twenty Spanish ones are few among them.
    assert declared or "drift_languages" in [*result["blocks"], *result["warns"]]


def test_a_wrong_encoding_is_not_published(tmp_path: Path, tiny_model: Path):
    (tmp_path / "documents").mkdir()
    added({f"es-{number}.md": spanish(number) for number in range(60)})(tmp_path / "documents")
    settings = configure(tmp_path, tiny_model)
    ingest(config=str(settings))
    each(in_the_wrong_encoding)(tmp_path / "documents")
    result = verdict(outcome(settings))
    note(FIGURES / "gate.jsonl", test="encoding broken (Spanish)", **result)
    assert "drift_garbled" in result["blocks"]


def test_a_column_that_is_suddenly_empty_is_not_published(tmp_path: Path, tiny_model: Path):
    """June 2019 has the congestion surcharge, January 2018 leaves the column empty."""
    taxi = HISTORIES / "taxi"
    if not taxi.is_dir():
        pytest.skip("HISTORIES names no folder with the table")

    def put(month: str) -> None:
        with (taxi / f"yellow_tripdata_sample_{month}.csv").open(
            encoding="utf-8", newline=""
        ) as stream:
            trips = [
                {"row": str(number)} | row
                for number, row in zip(range(1000), csv.DictReader(stream), strict=False)
            ]
        with (tmp_path / "trips.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, fieldnames=list(trips[0]))
            writer.writeheader()
            writer.writerows(trips)

    table = {
        "kind": "table",
        "path": "trips.csv",
        "key": ["row"],
        "text": "Trip {{ row }} cost {{ total_amount }} in all.",
    }
    put("2019-06")
    ingest(config=str(configure(tmp_path, tiny_model, table)))
    put("2018-01")
    result = verdict(outcome(configure(tmp_path, tiny_model, table)))
    note(
        FIGURES / "gate.jsonl",
        test="column emptied (taxi 2018-01 after 2019-06), no contract",
        **result,
    )
    assert "drift_missing" in result["blocks"]
    fields = {"congestion_surcharge": {"max_missing": 0.05, "severity": "block"}}
    result = verdict(
        outcome(configure(tmp_path, tiny_model, table | {"contract": {"fields": fields}}))
    )
    note(
        FIGURES / "gate.jsonl",
        test="column emptied (taxi 2018-01 after 2019-06), contract",
        **result,
    )
    assert "field_missing_share:congestion_surcharge" in result["blocks"]
