"""What a run leaves in the Prefect UI: its summary, its rejects, and the way to its report."""

from pathlib import Path

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from schemas.run import RunRecord


def publish_artifacts(record: RunRecord) -> None:
    """Three artifacts of the flow run, under keys that stay the same from run to run."""
    create_markdown_artifact(summary(record), key="vouch-run", description=f"Run {record.run_id}")
    if record.report:
        link = Path(record.report).resolve().as_uri()
        create_link_artifact(link, link_text=f"Report of {record.run_id}", key="vouch-report")
    if record.rejects:
        rows = [
            {"stage": group.stage, "reason": group.reason, "count": group.count, "first": group.examples[0].uri}
            for group in record.rejects
        ]
        create_table_artifact(rows, key="vouch-rejects", description=f"Rejects of run {record.run_id}")


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
