"""The gate on real documents: clean updates of two histories raise no block, seeded corruptions are caught."""

import csv
import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.pipeline import steps
from tests.pipeline.corruptions import (
    added,
    doubled,
    each,
    half_gone,
    in_the_wrong_encoding,
    shuffled,
    with_an_attack,
    with_hidden_text,
    without_headings,
)
from tests.pipeline.steps import failed, outcome
from tests.soak.figures import FIGURES, note
from tests.soak.histories import HISTORIES, states
from tests.pipeline.local_runs import ingest
from vouch.index.store.tables import Tables, rows
from vouch.schemas.errors import MassDeleteRefused
from vouch.schemas.run import RunRecord, Severity

pytestmark = [
    pytest.mark.soak,
    pytest.mark.usefixtures("prefect_server"),
    pytest.mark.timeout(3600),
]


configure = partial(steps.configure, parsing={})


def told(record: RunRecord) -> dict[str, list[str]]:
    bad = failed(record)
    return {
        "status": str(record.status),
        "blocks": [name for name, severity in bad.items() if severity is Severity.REJECT],
        "warns": [name for name, severity in bad.items() if severity is Severity.WARN],
    }


def chunks(folder: Path) -> set[str]:
    return set(
        rows(Tables.open(folder / "data/index").chunks, ["chunk_id"]).column("chunk_id").to_pylist()
    )


@pytest.mark.parametrize("corpus", ["peps", "prefect_docs"])
def test_clean_updates_raise_no_block(corpus: str, tmp_path: Path, tiny_model: Path):
    settings = configure(tmp_path, tiny_model)
    for number, _ in states(corpus, tmp_path / "documents"):
        found = told(outcome(settings))
        note(FIGURES / "gate.jsonl", test=f"clean update {number} of {corpus}", **found)
        assert found["blocks"] == []


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
        each(with_an_attack, 0.02),
        {"policy": {"injection": "block"}},
    ),
    ("half of the documents missing, allowed", half_gone, {}),
]


@pytest.fixture(scope="module")
def published(
    tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, prefect_server: None
) -> Path:
    folder = tmp_path_factory.mktemp("gate")
    next(states("prefect_docs", folder / "documents"))
    ingest(config=str(configure(folder, tiny_model)))
    return folder


@pytest.mark.parametrize(
    ("name", "corrupt", "sections"), CORRUPTIONS, ids=[name for name, _, _ in CORRUPTIONS]
)
def test_a_corruption_blocks(
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
    found = told(outcome(settings, allow_mass_delete="missing" in name))
    note(FIGURES / "gate.jsonl", test=name, **found)
    assert found["blocks"] or "missing" in name
    assert "drift_heading_depth" in found["blocks"] or name != "headings stripped"
    assert not found["blocks"] or chunks(folder) == before


@pytest.mark.parametrize("count", [20, 200])
@pytest.mark.parametrize("declared", [False, True])
def test_spanish_in_an_english_source(
    count: int, declared: bool, published: Path, tmp_path: Path, tiny_model: Path
):
    folder = shutil.copytree(published, tmp_path / "project")
    added({f"es-{number}.md": spanish(number % 60) for number in range(count)})(
        folder / "documents"
    )
    contract = {"contract": {"languages": ["en"], "severity": "block"}} if declared else {}
    found = told(outcome(configure(folder, tiny_model, contract)))
    note(
        FIGURES / "gate.jsonl",
        test=f"{count} Spanish documents{', English declared' if declared else ''}",
        **found,
    )
    assert bool(found["blocks"]) >= declared
    # A contract that is new has all documents checked again, and twenty among them are few.
    assert declared or "drift_languages" in [*found["blocks"], *found["warns"]]


def test_broken_encoding(tmp_path: Path, tiny_model: Path):
    (tmp_path / "documents").mkdir()
    added({f"es-{number}.md": spanish(number) for number in range(60)})(tmp_path / "documents")
    settings = configure(tmp_path, tiny_model)
    ingest(config=str(settings))
    each(in_the_wrong_encoding)(tmp_path / "documents")
    found = told(outcome(settings))
    note(FIGURES / "gate.jsonl", test="encoding broken (Spanish)", **found)
    assert "drift_garbled" in found["blocks"]


def test_a_real_column_that_is_empty(tmp_path: Path, tiny_model: Path):
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
    found = told(outcome(configure(tmp_path, tiny_model, table)))
    note(
        FIGURES / "gate.jsonl",
        test="column emptied (taxi 2018-01 after 2019-06), no contract",
        **found,
    )
    assert "drift_missing" in found["blocks"]
    fields = {"congestion_surcharge": {"max_missing": 0.05, "severity": "block"}}
    found = told(outcome(configure(tmp_path, tiny_model, table | {"contract": {"fields": fields}})))
    note(
        FIGURES / "gate.jsonl",
        test="column emptied (taxi 2018-01 after 2019-06), contract",
        **found,
    )
    assert "field_missing_share:congestion_surcharge" in found["blocks"]
