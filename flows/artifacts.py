"""What a run leaves in the Prefect UI: its summary, its rejects, and the way to its report."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.artifacts import Artifact, LinkArtifact, MarkdownArtifact, TableArtifact

from schemas.run import RunRecord


def publish_artifacts(record: RunRecord, flow_run: UUID | None = None, held: Collection[str | None] = ()) -> None:
    """Three artifacts of a flow run, else of the one that is at work, under keys that stay the same from run to run.

    Those whose keys it has already are not made again.
    """
    for artifact in _artifacts(record, {"flow_run_id": flow_run} if flow_run else {}):
        if artifact.key not in held:
            artifact.create()


def _artifacts(record: RunRecord, of: dict[str, Any]) -> Iterator[Artifact]:
    yield MarkdownArtifact(markdown=summary(record), key="vouch-run", description=f"Run {record.run_id}", **of)
    if record.report:
        link = Path(record.report).resolve().as_uri()
        yield LinkArtifact(link=link, link_text=f"Report of {record.run_id}", key="vouch-report", **of)
    if record.rejects:
        rows = [
            {"stage": group.stage, "reason": group.reason, "count": group.count, "first": group.examples[0].uri}
            for group in record.rejects
        ]
        yield TableArtifact(table=rows, key="vouch-rejects", description=f"Rejects of run {record.run_id}", **of)


def summary(record: RunRecord) -> str:
    """The run in Markdown."""
    sums = record.accounting
    decision = record.verdict.decision if record.verdict else "not judged"
    lines = [
        f"# {record.status}: {decision}",
        "",
        "| documents | | chunks | |",
        "|---|---:|---|---:|",
        f"| listed | {sums.listed:,} | produced | {sums.chunks_produced:,} |",
        f"| attached | {sums.attached:,} | published | {sums.chunks_published:,} |",
        f"| published | {sums.published:,} | unchanged | {sums.chunks_unchanged:,} |",
        f"| unchanged | {sums.unchanged:,} | quarantined | {sums.chunks_quarantined:,} |",
        f"| filtered | {sums.filtered:,} | removed | {sums.chunks_removed:,} |",
        f"| quarantined | {sums.quarantined:,} | vectors computed | {sums.vectors_computed:,} |",
        f"| removed | {sums.removed:,} | vectors reused | {sums.vectors_reused:,} |",
    ]
    failed = [check for check in record.verdict.checks if check.outcome != "passed"] if record.verdict else []
    lines += ["", *(f"- **{check.name}** ({check.severity}): {check.message}" for check in failed)]
    lines += ["", f"Run `{record.run_id}`" + (f", report: `{record.report}`" if record.report else "")]
    return "\n".join(lines)
