"""Summarize a run in words: its verdict, what happened, and what to do next."""

import shlex

from vouch.reports.formatting import can_be_copied, plural
from vouch.schemas.runs.record import Decision, LeftOutSummary, RunRecord, Severity, Status

_HEADLINES = {
    Status.PUBLISHED: "Published",
    Status.UNCHANGED: "Nothing to do",
    Status.STAGED: "Built beside the published state, not published",
    Status.REJECTED: "Rejected: nothing was published",
    Status.FAILED: "Failed: nothing was published",
    Status.PUBLISHING: "Cut short while publishing",
    Status.RUNNING: "Not finished",
}
_PUBLISHED_KINDS = {"rollback": "Rolled back", "repair": "Repaired", "undelete": "Restored"}


def tone(record: RunRecord) -> str:
    """Return `good`, `warn` or `bad`."""
    if record.status.is_bad:
        return "bad"
    warned = record.verdict is not None and record.verdict.decision is not Decision.ACCEPT
    incomplete = any(source.in_doubt for source in record.sources)
    return "warn" if warned or incomplete or not record.status.is_over else "good"


def headline(record: RunRecord) -> str:
    """Return the run's result in a few words."""
    if record.status is Status.PUBLISHED and record.kind in _PUBLISHED_KINDS:
        return _PUBLISHED_KINDS[record.kind]
    if record.maintenance is not None and not record.status.is_bad:
        return "Maintained"
    warnings = len(record.failed_checks)
    if record.status is Status.PUBLISHED and warnings:
        return f"Published, with {plural(warnings, 'warning')}"
    return _HEADLINES[record.status]


def sentence(record: RunRecord) -> str:
    """Return what happened, in one or two sentences."""
    sums = record.accounting
    match record.status:
        case Status.FAILED:
            return record.error or "The run ended early."
        case Status.REJECTED:
            return "; ".join(
                f"{check.name}: {check.message}"
                for check in record.failed_checks
                if check.severity is Severity.REJECT
            )
        case Status.RUNNING:
            return (
                "The run has not ended, or was cut short before it published. Readers see what was "
                "published before it."
            )
        case Status.PUBLISHING:
            return (
                "The candidate was accepted and its publication begun. The next run finishes it "
                "before anything else."
            )
        case Status.STAGED:
            return (
                f"{plural(sums.chunks_published, 'chunk')} are ready to be published. Readers see "
                "what was published before."
            )
    if record.kind == "rollback":
        hold = " Nothing is published until it is released." if record.hold else ""
        documents = plural(len(record.changes), "document")
        return f"Readers are {record.window} again; {documents} differ.{hold}"
    if record.maintenance is not None:
        return (
            "Readers see the same rows as before. Vectors are searched by "
            f"{record.maintenance.after.vectors}."
        )
    if record.status is Status.UNCHANGED:
        return (
            f"All {sums.listed:,} listed documents are up to date in the index. No new version was "
            "made."
        )
    return (
        f"{plural(sums.published, 'document')} and {plural(sums.chunks_published, 'chunk')} were "
        f"published, {plural(sums.removed, 'document')} removed, "
        f"{plural(sums.quarantined, 'document')} in quarantine."
    )


def left_out_sentence(left_out: LeftOutSummary) -> str:
    """Return how much of the run's documents is not searched, in one or two sentences."""
    documents = plural(left_out.documents, "document")
    if not left_out.left_out:
        return f"All of the text of {documents} that this run read is searched."
    mostly = left_out.mostly_left_out
    warning = f" {plural(mostly, 'document')} lost more than half of the text." if mostly else ""
    return (
        f"Of {left_out.read:,} characters in {documents} that this run read, "
        f"{left_out.left_out:,} ({left_out.share:.1%}) are not searched.{warning}"
    )


def advice(record: RunRecord) -> list[tuple[str, str]]:
    """Return what to do next: pairs of a reason and a command."""
    steps = []
    # What these commands show is the published state, which other runs have not changed.
    final = record.status in (Status.PUBLISHED, Status.UNCHANGED)
    # A rollback keeps other runs from publishing until it is released.
    if record.hold:
        steps.append(("Allow publishing again, after the problem is fixed", "vouch release"))
    if record.status is Status.STAGED:
        steps.append(("Publish it, in one step", f"vouch {record.kind} --switch"))
    if record.status is Status.PUBLISHED:
        steps.append(("See what differs from the previous state", "vouch diff"))
    if record.status is Status.FAILED:
        steps.append(
            ("Fix the cause and re-run; finished shards are reused", f"vouch {record.kind}")
        )
    if record.status is Status.REJECTED:
        steps.append(("Fix the cause, and see what a new run would do", "vouch plan"))
    if final and record.accounting.quarantined:
        steps.append(("See what is in quarantine, and why", "vouch quarantine list"))
    if final:
        uris = [example.uri for group in record.rejects for example in group.examples]
        for uri in list(filter(can_be_copied, uris))[:1]:
            steps.append(
                ("See everything about one reject", f"vouch quarantine show {shlex.quote(uri)}")
            )
    if any(source.in_doubt for source in record.sources):
        steps.append(
            (
                "A listing was incomplete, so no document of its source was removed; list again",
                "vouch plan",
            )
        )
    if record.status is Status.PUBLISHED and record.accounting.chunks_published:
        steps.append(("Search what was published", 'vouch search "your question"'))
        steps.append(("Trace a chunk back to its file", "vouch trace CHUNK"))
    return steps
