"""What a run leaves in the Prefect UI: its summary, its rejects, its drift, and from each the way to its report."""

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from prefect.artifacts import Artifact, LinkArtifact, MarkdownArtifact, TableArtifact

from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.reports.words import advice, headline, number, plain, sentence
from vouch.schemas.run import RunRecord

_ROWS = 20


def publish_artifacts(
    file: SettingsFile,
    record: RunRecord,
    flow_run: UUID | None = None,
    held: Collection[str | None] = (),
) -> None:
    """Those of a flow run, else of the one that is at work, under keys that stay the same from run to run.

    Those whose keys it has already are not made again.
    """
    for artifact in _artifacts(record, file.link(record.report) if record.report else None):
        if artifact.key not in held:
            artifact.flow_run_id = flow_run
            artifact.create()


def _artifacts(record: RunRecord, link: str | None) -> Iterator[Artifact]:
    told = f"run {record.run_id}" + (f" · [its report]({link})" if link else "")
    yield MarkdownArtifact(
        markdown=summary(record, link), key="vouch-run", description=f"What became of {told}"
    )
    if link:
        yield LinkArtifact(
            link=link,
            link_text=f"Report of {record.run_id}",
            key="vouch-report",
            description=headline(record),
        )
    for name, rows in (("rejects", _rejects(record)), ("drift", _drift(record))):
        if rows:
            yield TableArtifact(
                table=rows, key=f"vouch-{name}", description=f"{name.capitalize()} of {told}"
            )


def _rejects(record: RunRecord) -> list[dict[str, Any]]:
    return [
        {
            "stage": group.stage,
            "reason": group.reason,
            "count": group.count,
            "first": plain(group.examples[0].uri),
        }
        for group in record.rejects
    ]


def _drift(record: RunRecord) -> list[dict[str, Any]]:
    """Farthest first."""
    return [
        {
            "level": one.level,
            "figure": one.figure,
            "of": f"{one.scope}, {one.part}",
            "before": plain(one.before),
            "after": plain(one.after),
            "distance": number(one.distance),
        }
        for one in record.drift[:_ROWS]
    ]


def summary(record: RunRecord, link: str | None) -> str:
    """The run in Markdown."""
    sums = record.accounting
    lines = [
        f"# {headline(record)}",
        "",
        plain(sentence(record)),
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
    lines += [
        "",
        *(
            f"- **{check.name}** ({check.severity}): {plain(check.message)}"
            for check in record.failed_checks
        ),
    ]
    lines += ["", *(f"- {why}: `{command}`" for why, command in advice(record))]
    lines += ["", f"Run `{record.run_id}`" + (f", [report]({link})" if link else "")]
    return "\n".join(lines)
