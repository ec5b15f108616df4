"""Tables gone bad: an emptied column, a changed type, columns that come and go; each mode of a
contract has the effect that it names.
"""

import csv
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline import steps
from tests.pipeline.steps import failed, indexed, outcome
from vouch.schemas.runs.record import Severity, Status

TRIPS = Path(__file__).parents[3] / "data/sample/documents/reports/nyc-taxi-2019-06.csv"


def read_trips() -> list[dict[str, str]]:
    with TRIPS.open(encoding="utf-8", newline="") as stream:
        return [{"row": str(number)} | row for number, row in enumerate(csv.DictReader(stream))]


def write_trips(settings: Path, trips: list[dict[str, str]]) -> None:
    with (settings.parent / "trips.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(trips[0]))
        writer.writeheader()
        writer.writerows(trips)


def configure(
    folder: Path, model: Path, fields: dict[str, dict] | None = None, **contract: Any
) -> Path:
    """Write settings with the trips as a source, under a contract that names all columns.

    `fields` are the rules of some columns, `contract` what else the contract says.
    """
    (pickup,) = [column for column in read_trips()[0] if "pickup_datetime" in column]
    source = {
        "kind": "table",
        "name": "trips",
        "path": "trips.csv",
        "key": ["row"],
        "text": (
            f"A trip that began at {{{{ {pickup} }}}} and cost {{{{ total_amount }}}} for "
            "{{ passenger_count }} people."
        ),
        "contract": {"fields": {key: {} for key in read_trips()[0]} | (fields or {})} | contract,
    }
    batch = {"batch": {"warn_untitled_share": 1.0}}
    return steps.configure(folder, model, source, contracts=batch)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """A project whose trips are published."""
    folder = tmp_path_factory.mktemp("trips")
    settings = configure(folder, tiny_model)
    write_trips(settings, read_trips())
    assert outcome(settings).status is Status.PUBLISHED
    return folder


@pytest.fixture
def folder(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "project"))


def statuses(settings: Path) -> dict[str, str]:
    """Return the status of each trip's document by the trip's number."""
    rows = indexed(settings, "documents", "uri", "status")
    return {row["uri"].rpartition("row=")[2]: row["status"] for row in rows}


def test_an_emptied_column_is_drift_and_breaks_a_contract_that_names_it(
    folder: Path, tiny_model: Path
):
    settings = configure(folder, tiny_model)
    write_trips(settings, [trip | {"congestion_surcharge": ""} for trip in read_trips()])
    record = outcome(settings)
    assert failed(record)["drift_missing"] is Severity.REJECT
    assert record.verdict is not None
    (check,) = [check for check in record.verdict.checks if check.id == "drift_missing"]
    assert "documents without congestion_surcharge in source trips: 0.0% → 100.0%" in check.message

    fields = {"congestion_surcharge": {"max_missing": 0.1, "severity": "block"}}
    record = outcome(configure(folder, tiny_model, fields=fields))
    assert record.status is Status.REJECTED
    assert failed(record)["field_missing_share:congestion_surcharge"] is Severity.REJECT


@pytest.mark.parametrize(
    ("severity", "status", "document"),
    [
        ("block", Status.REJECTED, "published"),
        ("warn", Status.PUBLISHED, "published"),
        ("quarantine", Status.PUBLISHED, "quarantined"),
    ],
)
def test_a_value_of_another_type(
    folder: Path, tiny_model: Path, severity: str, status: Status, document: str
):
    trips = read_trips()
    trips[0]["total_amount"] = "12,50 USD"
    fields = {"total_amount": {"type": "number", "severity": severity}}
    settings = configure(folder, tiny_model, fields=fields)
    write_trips(settings, trips)
    record = outcome(settings)
    assert record.status is status
    assert ("field_type:total_amount" in failed(record)) is (severity != "quarantine")
    assert statuses(settings)["0"] == document


def test_a_run_whose_values_all_have_another_type_is_rejected(folder: Path, tiny_model: Path):
    settings = configure(folder, tiny_model, fields={"total_amount": {"type": "number"}})
    trips = [trip | {"total_amount": f"{trip['total_amount']} USD"} for trip in read_trips()]
    write_trips(settings, trips)
    record = outcome(settings)
    assert record.status is Status.REJECTED
    assert failed(record)["quarantine_share"] is Severity.REJECT
    assert failed(record)["contract_rejects"] is Severity.WARN
    assert set(statuses(settings).values()) == {"published"}


def test_a_third_of_the_published_rows_that_a_contract_stops_is_drift(
    folder: Path, tiny_model: Path
):
    settings = configure(folder, tiny_model, fields={"total_amount": {"type": "number"}})
    trips = read_trips()
    third = len(trips) // 3
    broken = [trip | {"total_amount": "?"} for trip in trips[:third]]
    write_trips(settings, [*broken, *trips[third:]])
    record = outcome(settings)
    assert record.status is Status.REJECTED
    assert failed(record)["drift_quarantined"] is Severity.REJECT
    (check,) = [check for check in record.failed_checks if check.id == "drift_quarantined"]
    assert check.concerned == third
    assert (
        check.examples[0].message
        == "in quarantine: contract, published until now, before: published"
    )


@pytest.mark.parametrize("mode", ["evolve", "freeze", "discard_value"])
def test_a_new_column(folder: Path, tiny_model: Path, mode: str):
    """Of `discard_row`: `tests/pipeline/stages/test_contract_validation.py`."""
    trips = read_trips()
    settings = configure(folder, tiny_model, on_change=mode)
    tips = ["yes"] * 5 + [""] * (len(trips) - 5)
    write_trips(settings, [trip | {"tip_jar": tip} for trip, tip in zip(trips, tips, strict=True)])
    record = outcome(settings)
    rows = indexed(settings, "documents", "metadata")
    keys = {pair["key"] for row in rows for pair in row["metadata"]}
    if mode == "freeze":
        assert record.status is Status.REJECTED
        assert failed(record)["field_names"] is Severity.REJECT
    else:
        assert record.status is Status.PUBLISHED
    assert ("tip_jar" in keys) is (mode == "evolve")
