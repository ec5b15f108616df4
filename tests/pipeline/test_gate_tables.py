"""Tables gone bad: a column emptied, types changed, columns that come and go; each contract mode does what it says."""

import csv
from pathlib import Path

import pytest

from tests.pipeline import steps
from tests.pipeline.steps import failed, outcome
from vouch.index.store.tables import Tables
from vouch.schemas.run import Severity, Status

TRIPS = Path(__file__).parents[2] / "data/sample/documents/reports/nyc-taxi-2019-06.csv"
FIELDS = {
    "total_amount": {"type": "number", "min": -500, "max": 5000},
    "passenger_count": {"type": "integer"},
}


def rows() -> list[dict[str, str]]:
    with TRIPS.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write(folder: Path, trips: list[dict[str, str]]) -> None:
    with (folder / "trips.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(trips[0]))
        writer.writeheader()
        writer.writerows(trips)


def configure(folder: Path, model: Path, **contract) -> Path:
    """The trips as source, and their contract."""
    columns = list(rows()[0])
    source = {
        "kind": "table",
        "name": "trips",
        "path": "trips.csv",
        "key": ["row"],
        "text": "A trip that began at {{ "
        + columns[1]
        + " }} and cost {{ total_amount }} for {{ passenger_count }} people.",
        "contract": contract,
    }
    return steps.configure(folder, model, source, contracts={"batch": {"warn_untitled_share": 1.0}})


@pytest.fixture
def trips(tmp_path: Path) -> list[dict[str, str]]:
    made = [{"row": str(number), **row} for number, row in enumerate(rows())]
    write(tmp_path, made)
    return made


def held(folder: Path) -> list[dict]:
    return Tables.open(folder / "data/index").documents.to_arrow().to_pylist()


@pytest.mark.parametrize(
    ("severity", "status"), [("block", Status.REJECTED), ("warn", Status.PUBLISHED)]
)
def test_a_column_emptied(
    trips: list[dict], tmp_path: Path, tiny_model: Path, severity: str, status: Status
):
    contract = {"fields": {"congestion_surcharge": {"max_missing": 0.1, "severity": severity}}}
    settings = configure(tmp_path, tiny_model, **contract)
    assert outcome(settings).status is Status.PUBLISHED
    write(tmp_path, [row | {"congestion_surcharge": ""} for row in trips])
    record = outcome(settings)
    assert record.status is status
    assert failed(record)["field_missing_share:congestion_surcharge"] is (
        Severity.REJECT if severity == "block" else Severity.WARN
    )


def test_a_column_emptied_is_drift_where_no_contract_names_it(
    trips: list[dict], tmp_path: Path, tiny_model: Path
):
    settings = configure(tmp_path, tiny_model)
    outcome(settings)
    write(tmp_path, [row | {"congestion_surcharge": ""} for row in trips])
    record = outcome(settings)
    assert failed(record)["drift_missing"] is Severity.REJECT
    (check,) = [check for check in record.verdict.checks if check.id == "drift_missing"]
    assert "congestion_surcharge: 0.0% → congestion_surcharge: 100.0%" in check.message


@pytest.mark.parametrize(
    ("severity", "status", "published"),
    [
        ("block", Status.REJECTED, 0),
        ("warn", Status.PUBLISHED, 1),
        ("quarantine", Status.PUBLISHED, 0),
    ],
)
def test_a_type_changed(
    trips: list[dict],
    tmp_path: Path,
    tiny_model: Path,
    severity: str,
    status: Status,
    published: int,
):
    settings = configure(
        tmp_path, tiny_model, fields={"total_amount": {"type": "number", "severity": severity}}
    )
    outcome(settings)
    trips[0]["total_amount"] = "12,50 USD"
    write(tmp_path, trips)
    record = outcome(settings)
    assert record.status is status
    assert ("field_type:total_amount" in failed(record)) is (severity != "quarantine")
    if status is Status.PUBLISHED:
        (row,) = [row for row in held(tmp_path) if row["uri"].endswith("row=0")]
        assert row["status"] == ("published" if published else "quarantined")


def test_all_types_changed_reject_the_run(trips: list[dict], tmp_path: Path, tiny_model: Path):
    settings = configure(tmp_path, tiny_model, fields={"total_amount": {"type": "number"}})
    outcome(settings)
    write(tmp_path, [row | {"total_amount": row["total_amount"] + " USD"} for row in trips])
    record = outcome(settings)
    assert record.status is Status.REJECTED
    assert failed(record)["quarantine_share"] is Severity.REJECT
    assert {row["status"] for row in held(tmp_path)} == {"published"}


@pytest.mark.parametrize("mode", ["evolve", "freeze", "discard_row", "discard_value"])
def test_a_column_that_is_new(trips: list[dict], tmp_path: Path, tiny_model: Path, mode: str):
    fields = {name: {} for name in trips[0]}
    settings = configure(tmp_path, tiny_model, fields=fields, on_change=mode)
    outcome(settings)
    write(
        tmp_path,
        [row | {"tip_jar": "yes" if number < 5 else ""} for number, row in enumerate(trips)],
    )
    record = outcome(configure(tmp_path, tiny_model, fields=fields, on_change=mode))
    keys = {pair["key"] for row in held(tmp_path) for pair in row["metadata"]}
    if mode == "freeze":
        assert record.status is Status.REJECTED
        assert failed(record)["field_names"] is Severity.REJECT
    else:
        assert ("tip_jar" in keys) is (mode == "evolve")
