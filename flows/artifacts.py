"""The artifacts of a run in Prefect's pages: summary, rejects, drift, what is left out of the
search, each with a link to the report.
"""

import re
from collections.abc import Iterator
from typing import Any

from prefect.artifacts import Artifact, LinkArtifact, MarkdownArtifact, TableArtifact

from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.reports.explanation import explain, explain_failure
from vouch.reports.formatting import number, plain, plural
from vouch.reports.meaning import left_out_kind
from vouch.reports.summary import advice, agreements, headline, left_out_sentence, sentence
from vouch.schemas.runs.record import RunRecord, Status

_DRIFT_ROWS = 20
_CHECKS = 8  # that a summary explains
_MARKUP = re.compile(r"[\\`*_{}\[\]()<>#|!~&]")


def publish_artifacts(file: SettingsFile, record: RunRecord) -> None:
    """Leave the artifacts of a run with the current flow run.

    Their keys stay the same from run to run, so that Prefect's pages show each as a series.
    """
    for artifact in artifacts(record, file.link(record.report) if record.report else None):
        artifact.create()


def artifacts(record: RunRecord, link: str | None) -> Iterator[Artifact]:
    """Yield the artifacts of a run; `link` leads to its report."""
    run = f"run {record.run_id}" + (f" · [its report]({link})" if link else "")
    yield MarkdownArtifact(
        markdown=summary(record, link), key="vouch-run", description=f"What became of {run}"
    )
    if link:
        yield LinkArtifact(
            link=link,
            link_text=f"Report of {record.run_id}",
            key="vouch-report",
            description=headline(record),
        )
    tables = {"rejects": _rejects(record), "drift": _drift(record), "left out": _left_out(record)}
    for name, rows in tables.items():
        if rows:
            key = f"vouch-{name.replace(' ', '-')}"
            yield TableArtifact(table=rows, key=key, description=f"{name.capitalize()} of {run}")


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
    """Return the largest drifts; a record has them sorted."""
    return [
        {
            "level": drift.level,
            "figure": drift.figure,
            "of": f"{drift.scope}, {drift.part}",
            "before": plain(drift.before),
            "after": plain(drift.after),
            "distance": number(drift.distance),
        }
        for drift in record.drift[:_DRIFT_ROWS]
    ]


def _left_out(record: RunRecord) -> list[dict[str, Any]]:
    return [
        {
            "what": left_out_kind(group.kind),
            "documents": group.documents,
            "pieces": group.pieces,
            "characters": group.characters,
            "first": plain(group.examples[0].uri) if group.examples else "",
            "example": plain(group.examples[0].message) if group.examples else "",
        }
        for group in record.left_out.groups
    ]


def escaped(text: object) -> str:
    """Return a text that Markdown shows as it is: a document's name is no link and no picture."""
    # A line break could begin a heading or a list.
    return _MARKUP.sub(r"\\\g<0>", " ".join(plain(text).split()))


def code_span(text: str) -> str:
    """Return a text as code, between more backticks than it contains in a row."""
    # A space inside each fence is not shown (CommonMark 6.1).
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest else f"`{text}`"


def _explanation(record: RunRecord) -> Iterator[str]:
    """Yield why the run was rejected, warned or failed, what rejects it first."""
    if record.status is Status.FAILED:
        yield from (explain_failure(record).meaning, "")
    for part in explain(record)[:_CHECKS]:
        verb = "rejects the run" if part.blocks else "warns"
        yield f"- **{escaped(part.check.name)}** {verb}: {escaped(part.finding)}"
        # Of a rejected run, what only warns can wait.
        if record.status is Status.REJECTED and not part.blocks:
            continue
        if part.meaning:
            yield f"  - {part.meaning}"
        if part.examples:
            uris = ", ".join(escaped(example.uri) for example in part.examples)
            more = f" and {part.more:,} more" if part.more else ""
            yield f"  - Behind it: {uris}{more}"
        if part.blocks and part.list_command and part.more:
            yield f"  - All of them: {code_span(part.list_command)}"
    left = len(record.failed_checks) - _CHECKS
    if left > 0:
        yield f"- and {plural(left, 'check')} more"
    if record.failed_checks:
        yield ""


def _next_steps(record: RunRecord) -> Iterator[str]:
    steps = advice(record)
    if steps:
        yield from ("What next:", "")
        yield from (f"- {reason}: {code_span(command)}" for reason, command in steps)
        yield ""


def summary(record: RunRecord, link: str | None) -> str:
    """Return the run in Markdown."""
    sums = record.accounting
    lines = [
        f"# {escaped(headline(record))}",
        "",
        escaped(sentence(record)),
        "",
        *(line for agreement in agreements(record) for line in (f"**{escaped(agreement)}**", "")),
        *_explanation(record),
        *_next_steps(record),
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
    if record.left_out.documents:
        lines += ["", escaped(left_out_sentence(record.left_out))]
    if record.places:
        places = ", ".join(f"{name} {code_span(place)}" for name, place in record.places.items())
        lines += ["", f"Places: {places}"]
    lines += ["", f"Run `{record.run_id}`" + (f", [report]({link})" if link else "")]
    return "\n".join(lines)
