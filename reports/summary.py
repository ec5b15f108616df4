"""Summarize a run in words: its verdict, what happened, and what to do next."""

import shlex

from vouch.reports.explanation import (
    explain_failure,
    looking_steps,
    may_be_approved,
    run_again,
)
from vouch.reports.formatting import can_be_copied, plural
from vouch.reports.shadow_section import sentence as shadow_sentence
from vouch.schemas.runs.record import Decision, LeftOutSummary, RunRecord, Status

_HEADLINES = {
    Status.PUBLISHED: "Published",
    Status.UNCHANGED: "Nothing to do",
    Status.STAGED: "Built beside the published state, not published",
    Status.REJECTED: "Rejected: nothing was published",
    Status.FAILED: "Failed: nothing was published",
    Status.PUBLISHING: "Cut short while publishing",
    Status.RUNNING: "Not finished",
}
_PUBLISHED_KINDS = {"repair": "Repaired", "undelete": "Restored"}
_NAMED = 4  # checks of a sentence
_CANARY = "canary"  # the kind of run that asks the model for its probe texts
_SHADOW = "shadow"  # the kind of run that brings a shadow up to date
_UNSEEN = " Readers see what they saw before."
_APPROVE = "approve"  # the kind of run that records an agreement


def tone(record: RunRecord) -> str:
    """Return `good`, `warn` or `bad`; `back` for a rollback."""
    if record.status.is_bad:
        return "bad"
    if record.kind == "rollback":
        return "back"
    warned = record.verdict is not None and record.verdict.decision is not Decision.ACCEPT
    incomplete = any(source.in_doubt for source in record.sources)
    return "warn" if warned or incomplete or not record.status.is_over else "good"


def headline(record: RunRecord) -> str:
    """Return the run's result in a few words."""
    if record.status is Status.PUBLISHED and record.kind == "rollback":
        return f"Rolled {record.window or 'back'}"
    if record.status is Status.PUBLISHED and record.kind in _PUBLISHED_KINDS:
        return _PUBLISHED_KINDS[record.kind]
    if record.approval is not None and record.kind == _APPROVE and not record.status.is_bad:
        return "Agreement ended" if record.approval.ends else "Agreed by a person"
    if record.approval is not None and record.status is Status.PUBLISHED:
        return "Published, because a person agreed"
    if record.maintenance is not None and not record.status.is_bad:
        return "Maintained"
    if record.kind == _CANARY:
        return "The model has changed" if record.status.is_bad else "The model is the same"
    if record.kind == _SHADOW and record.status is Status.UNCHANGED:
        return f"{str(record.window).capitalize()} is up to date"
    warnings = len(record.failed_checks)
    if record.status is Status.PUBLISHED and warnings:
        return f"Published, with {plural(warnings, 'warning')}"
    return _HEADLINES[record.status]


def sentence(record: RunRecord) -> str:
    """Return what happened, in one or two sentences."""
    sums = record.accounting
    match record.status:
        case Status.FAILED:
            return explain_failure(record).error
        case Status.REJECTED:
            return _rejection(record)
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
        count = sum(record.change_counts.values())
        differ = "1 document differs" if count == 1 else f"{count:,} documents differ"
        return f"Readers see the state of {record.went_back_to} again; {differ}.{hold}"
    if record.kind == _APPROVE and record.approval is not None:
        return record.approval.sentence
    if record.maintenance is not None:
        return (
            "Readers see the same rows as before. Vectors are searched by "
            f"{record.maintenance.after.vectors}."
        )
    if record.kind == _CANARY:
        least = min(record.canary.values(), default=1.0)
        return f"The embedding model gives the same vectors as before (least cosine {least:.4f})."
    if record.kind == _SHADOW:
        return " ".join(filter(None, map(shadow_sentence, record.shadows))) + _UNSEEN
    if record.status is Status.UNCHANGED:
        return (
            f"All {sums.listed:,} listed documents are up to date in the index. No new version was "
            "made."
        )
    if record.profile_changes and not (sums.published or sums.removed or sums.rejected):
        return f"{profile_sentence(record)} No document was changed."
    profiles = f" {profile_sentence(record)}" if record.profile_changes else ""
    return (
        f"{plural(sums.published, 'document')} and {plural(sums.chunks_published, 'chunk')} were "
        f"published, {plural(sums.removed, 'document')} removed, "
        f"{plural(sums.quarantined, 'document')} in quarantine.{profiles}"
    )


def profile_sentence(record: RunRecord) -> str:
    """Return which retrieval profiles the run adds, changes or removes."""
    changes = [f"{name} ({change})" for name, change in record.profile_changes.items()]
    noun = "profile" if len(changes) == 1 else "profiles"
    return f"Retrieval {noun}: {', '.join(changes)}."


def _rejection(record: RunRecord) -> str:
    blocking = [check.name for check in record.blocking_checks]
    more = f" and {len(blocking) - _NAMED} more" if len(blocking) > _NAMED else ""
    rejects = "rejects" if len(blocking) == 1 else "reject"
    return (
        f"{plural(len(blocking), 'check')} {rejects} it: {', '.join(blocking[:_NAMED])}{more}. "
        "Readers see what they saw before."
    )


def agreements(record: RunRecord) -> list[str]:
    """Return who agreed to what the run's checks reject or decided against it, and why."""
    lines = []
    if record.approval is not None and record.status is Status.PUBLISHED:
        lines.append(f"Published because {record.approval.sentence}")
    if record.refusal is not None:
        lines.append(record.refusal.sentence)
    for check in record.failed_checks:
        if check.approval is not None and check.approval != record.approval:
            lines.append(f"{check.name} warns because {check.approval.sentence}")
    return lines


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
        steps += looking_steps(record)
        steps.append(("Publish it, in one step", f"vouch {record.kind} --switch"))
    if record.status is Status.PUBLISHED and not _is_first(record):
        steps.append(("See what differs from the previous state", "vouch diff"))
    if record.status is Status.FAILED:
        steps += explain_failure(record).steps
    if record.status is Status.REJECTED:
        steps.append(("See why, and what is behind it", f"vouch explain {record.run_id}"))
        steps += looking_steps(record)
        steps.append(("Fix the cause, and run it again", run_again(record)))
        if may_be_approved(record):
            agree = f'vouch approve {record.run_id} --why "…"'
            steps.append(
                ("Or agree to it with your name: it is published as it was audited", agree)
            )
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


def _is_first(record: RunRecord) -> bool:
    """Return whether nothing was published before this run."""
    sums = record.accounting
    earlier = (
        sums.chunks_unchanged, sums.chunks_removed, sums.unchanged, sums.removed, sums.renamed,
        record.change_counts.get("changed"), record.change_counts.get("reprocess"),
    )  # fmt: skip
    return record.kind not in _PUBLISHED_KINDS and record.kind != "rollback" and not any(earlier)
