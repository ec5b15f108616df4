"""OpenLineage events of a run: its inputs, its outputs, their quality, and why it failed.

Events are made from the run's record alone, so an event that is made again is equal.
Source: https://openlineage.io/docs/spec/object-model
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from openlineage.client.event_v2 import (
    InputDataset,
    Job,
    OutputDataset,
    Run,
    RunEvent,
    RunState,
    set_producer,
)
from openlineage.client.facet_v2 import (
    RunFacet,
    error_message_run,
    job_type_job,
    processing_engine_run,
    tags_run,
)
from openlineage.client.serde import Serde
from openlineage.client.uuid import generate_static_uuid

from vouch.reports.openlineage_datasets import Tables, source_dataset
from vouch.reports.summary import sentence
from vouch.schemas.runs.record import RunRecord, Status
from vouch.schemas.settings.choices import VectorType
from vouch.storage.location import Location
from vouch.storage.places import location_of

# A URN needs a name in its namespace (RFC 8141): consumers that validate URIs refuse "urn:vouch".
_PRODUCER = "urn:vouch:pipeline"


class Events:
    """The events of one run.

    Args:
        record: The run.
        namespace: The namespace of its job.
        index: Where its tables are.
        dimension: Length of the vectors in the chunks table.
        vectors: As what these are stored.
    """

    def __init__(
        self,
        record: RunRecord,
        namespace: str,
        index: str | Path | Location,
        dimension: int,
        vectors: VectorType = "float32",
    ) -> None:
        self._record, self._namespace = record, namespace
        self._tables = Tables(record, location_of(index), dimension, vectors)
        set_producer(_PRODUCER)

    def start(self) -> str:
        """Return the START event as JSON."""
        return self._event(RunState.START, self._record.started_at, [], [])

    def end(self) -> str:
        """Return the COMPLETE event as JSON, or FAIL if the run failed or was rejected."""
        record = self._record
        state = RunState.FAIL if record.status.is_bad else RunState.COMPLETE
        inputs = [*map(source_dataset, record.sources), *self._tables.audited()]
        outputs = list(self._tables.written()) if record.status is Status.PUBLISHED else []
        return self._event(state, record.ended_at or record.started_at, inputs, outputs)

    def _event(
        self,
        state: RunState,
        at: datetime,
        inputs: list[InputDataset],
        outputs: list[OutputDataset],
    ) -> str:
        record = self._record
        kind = job_type_job.JobTypeJobFacet(
            processingType="BATCH", integration="VOUCH", jobType="JOB"
        )
        event = RunEvent(
            eventTime=at.isoformat(),
            producer=_PRODUCER,
            run=Run(
                # Derived from the run: START and end have the same id, in whatever process.
                str(generate_static_uuid(record.started_at, record.run_id.encode())),
                self._run_facets(state),
            ),
            job=Job(self._namespace, record.kind, {"jobType": kind}),
            eventType=state,
            inputs=inputs,
            outputs=outputs,
        )
        return Serde.to_json(event)

    def _run_facets(self, state: RunState) -> dict[str, RunFacet]:
        version = self._record.code_version
        facets: dict[str, RunFacet] = {
            "processing_engine": processing_engine_run.ProcessingEngineRunFacet(
                version=version, name="Vouch"
            )
        }
        if state is RunState.FAIL:
            facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(
                message=sentence(self._record) or str(self._record.status),
                programmingLanguage="Python",
            )
        if state is not RunState.START and self._record.approvals:
            facets["tags"] = tags_run.TagsRunFacet(list(_approval_tags(self._record)))
        return facets


def _approval_tags(record: RunRecord) -> Iterator[tags_run.TagsRunFacetFields]:
    """Yield who agreed to the checks that warn by it, to how many, why and until when."""
    for approval in record.approvals:
        checks = [check for check, by in record.agreed_checks if by.id == approval.id]
        values = {
            "who": approval.who,
            "why": approval.why,
            "at": approval.at.isoformat(),
            "until": approval.until.isoformat() if approval.until else "",
            "checks": " ".join(check.reference for check in checks) or " ".join(approval.checks),
            "ends": approval.ends or "",
        }
        for name, value in values.items():
            if value:
                key = f"approval.{approval.id}.{name}"
                yield tags_run.TagsRunFacetFields(key, value, "VOUCH")
