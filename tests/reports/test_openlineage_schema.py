"""Every event of a run conforms to OpenLineage's schema, and the schema finds what does not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.reports.browser import AT, HOSTILE, PLAIN, full_record
from tests.reports.openlineage_schema import problems
from vouch.reports.openlineage import Events
from vouch.schemas.runs.record import RunRecord, SourceSummary, Status

OVER = [status for status in Status if status.is_over]
KINDS = ("backfill", "replay", "reindex", "rollback", "undelete", "maintain")
PATHS = (
    "documents",
    "/srv/wiki",
    "s3://bucket/papers",
    "postgresql://reader:pw@db:5432/shop",
    "https://docs.example/",
    HOSTILE,
)
FIGURES = {
    "chunks": 9.0, "documents": 3.0, "untitled": 0.3, "without_heading": 0.1, "unknown_language": 0.0,
    "median chunk_tokens": 40.5, "median document_chars": 1200.0,
}  # fmt: skip
Json = dict[str, Any]


def events_of(record: RunRecord) -> list[str]:
    """Return the START and the end event as they are sent."""
    events = Events(record, "search", Path("index"), dimension=3)
    return [events.start(), events.end()]


def full(text: str = PLAIN, **changes: Any) -> RunRecord:
    """Return a record with everything that an event can contain."""
    sources = tuple(
        SourceSummary(name=text, path=path, listed=3, filtered=0, complete=True) for path in PATHS
    )
    versions = {"chunks": 7, "documents": 8, "quarantine": 1}
    return full_record(
        text, **({"sources": sources, "versions": versions, "metrics": FIGURES} | changes)
    )


def minimal(status: Status, kind: str) -> RunRecord:
    """Return a record with nothing but its identity, as of a run that was killed."""
    return RunRecord(
        run_id="r", kind=kind, status=status, started_at=AT, settings_sha256="", code_version=""
    )


# A kind is the name of the job, whatever the status.
@pytest.mark.parametrize(
    ("status", "kind"),
    [*((status, "ingest") for status in OVER), *((Status.PUBLISHED, kind) for kind in KINDS)],
)
def test_events_of_every_kind_and_status_conform(status: Status, kind: str):
    for record in (
        full(status=status, kind=kind),
        full(HOSTILE, status=status, kind=kind),
        minimal(status, kind),
    ):
        assert [problem for event in events_of(record) for problem in problems(event)] == []


def test_the_tested_events_contain_every_facet():
    published, failed = (
        json.loads(events_of(full(status=status))[1])
        for status in (Status.PUBLISHED, Status.FAILED)
    )
    parts = [
        published["run"],
        published["job"],
        failed["run"],
        *published["inputs"],
        *published["outputs"],
    ]
    facets = {
        name
        for part in parts
        for kind in ("facets", "inputFacets", "outputFacets")
        for name in part.get(kind, {})
    }
    assert facets == {
        "processing_engine", "errorMessage", "jobType", "inputStatistics", "dataQualityAssertions",
        "schema", "storage", "version", "dataQualityMetrics", "columnLineage", "outputStatistics",
    }  # fmt: skip


def chunks(event: Json) -> Json:
    return event["outputs"][0]["facets"]


def misplaced(event: Json) -> None:
    event["run"]["facets"]["schema"] = chunks(event).pop("schema")


def wrong_facets(event: Json) -> None:
    """Statistics of what was written belong to the output facets, not to the dataset's own."""
    chunks(event)["outputStatistics"] = event["outputs"][0]["outputFacets"]["outputStatistics"]


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda event: event["run"].pop("runId"), "$.run: 'runId' is a required property"),
        (lambda event: event["run"].update(runId="run-7"), "$.run.runId: 'run-7' is not a 'uuid'"),
        (lambda event: event.pop("producer"), "$: 'producer' is a required property"),
        (
            lambda event: event.update(producer="urn:vouch"),
            "$.producer: 'urn:vouch' is not a 'uri'",
        ),
        (
            lambda event: event.update(eventTime="2026-01-02T03:04:05"),
            "$.eventTime: '2026-01-02T03:04:05' is not a 'date-time'",
        ),
        (
            lambda event: event.update(eventTime="2026-02-30T03:04:05Z"),
            "$.eventTime: '2026-02-30T03:04:05Z' is not a 'date-time'",
        ),
        (lambda event: event.update(eventType="DONE"), "$.eventType: 'DONE' is not one of"),
        (lambda event: event["job"].update(name=None), "$.job.name: None is not of type 'string'"),
        (
            lambda event: event["job"].update(color="red"),
            "$.job: Additional properties are not allowed ('color'",
        ),
        (
            lambda event: chunks(event)["version"].update(datasetVersion=7),
            "$.outputs[0].facets.version.datasetVersion: 7 is not of",
        ),
        (
            lambda event: chunks(event)["schema"]["fields"][0].pop("name"),
            "$.outputs[0].facets.schema.fields[0]: 'name' is a",
        ),
        (
            lambda event: chunks(event)["storage"].update(_schemaURL="x"),
            "$.outputs[0].facets.storage['_schemaURL']: 'https://",
        ),
        (misplaced, "$.run.facets: Additional properties are not allowed ('schema'"),
        (
            wrong_facets,
            "$.outputs[0].facets: Additional properties are not allowed ('outputStatistics'",
        ),
    ],
)
def test_an_event_that_does_not_conform_is_found_with_the_place(
    spoil: Callable[[Json], Any], complaint: str
):
    event = json.loads(events_of(full())[1])
    spoil(event)
    (problem,) = problems(json.dumps(event))
    assert problem.startswith(complaint)


def test_a_number_that_json_does_not_have_is_refused():
    with pytest.raises(ValueError, match="NaN is no JSON"):
        problems(json.dumps({"eventTime": float("nan")}))
