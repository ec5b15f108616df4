"""A run in words: what a person reads first."""

import re
import shlex

from vouch.schemas.run import Decision, RunRecord, Severity, Status

# Characters that turn the direction of what follows, or cannot be seen: shown as what they are, so that none deceives.
# Lone surrogates could not be written at all.
_TRICKS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\u3164"
    "\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_LONG = 300
_KINDS = {"rollback": "Rolled back", "repair": "Repaired", "undelete": "Brought back"}


def tone(record: RunRecord) -> str:
    """good, warn or bad."""
    if record.status.is_bad:
        return "bad"
    warned = record.verdict is not None and record.verdict.decision is not Decision.ACCEPT
    incomplete = any(source.in_doubt for source in record.sources)
    return "warn" if warned or incomplete or not record.status.is_over else "good"


def headline(record: RunRecord) -> str:
    """The verdict."""
    warnings = len(record.failed_checks)
    told = {
        Status.PUBLISHED: f"Published, with {warnings} warning{'s' if warnings != 1 else ''}"
        if warnings
        else "Published",
        Status.UNCHANGED: "Nothing to do",
        Status.STAGED: "Built beside the published state, not published",
        Status.REJECTED: "Rejected: nothing was published",
        Status.FAILED: "Failed: nothing was published",
        Status.PUBLISHING: "Cut short while publishing",
        Status.RUNNING: "Not finished",
    }
    if record.status is Status.PUBLISHED and record.kind in _KINDS:
        return _KINDS[record.kind]
    if record.maintenance is not None:
        return "Maintained"
    return told[record.status]


def sentence(record: RunRecord) -> str:
    """What happened, in one or two sentences."""
    sums = record.accounting
    if record.status is Status.FAILED:
        return record.error or "The run ended early."
    if record.status is Status.REJECTED:
        return "; ".join(
            f"{check.name}: {check.message}"
            for check in record.failed_checks
            if check.severity is Severity.REJECT
        )
    if record.status is Status.RUNNING:
        return "The run has not ended, or was cut short before it published. Readers see what was published before it."
    if record.status is Status.PUBLISHING:
        return "The candidate was accepted and its publication begun. The next run finishes it before anything else."
    if record.status is Status.STAGED:
        return f"{several(sums.chunks_published, 'chunk')} wait to be published. Readers see what was published before."
    if record.kind == "rollback":
        held = " Nothing is published from now on until it is released." if record.hold else ""
        return f"Readers are {record.window} again; {several(len(record.changes), 'document')} differ.{held}"
    if record.maintenance is not None:
        return f"Readers see the same rows as before. Vectors are searched by {record.maintenance.after.vectors}."
    if record.status is Status.UNCHANGED:
        return f"All {sums.listed:,} listed documents are as the index has them. No new version was made."
    return (
        f"{several(sums.published, 'document')} and {several(sums.chunks_published, 'chunk')} were published, "
        f"{several(sums.removed, 'document')} removed, {several(sums.quarantined, 'document')} in quarantine."
    )


def advice(record: RunRecord) -> list[tuple[str, str]]:
    """What to do next: (why, command)."""
    found = []
    if record.hold:
        found.append(("Let runs publish again, once what was wrong is mended", "vouch release"))
    if record.status is Status.STAGED:
        found.append(("Publish it, in one step", f"vouch {record.kind} --switch"))
    if record.status is Status.PUBLISHED:
        found.append(("See what differs from the state before", "vouch diff"))
    if record.status is Status.FAILED:
        found.append(
            ("Mend what ended it; it goes on from what was finished", f"vouch {record.kind}")
        )
    if record.status is Status.REJECTED:
        found.append(("See what a new run would do after the cause is mended", "vouch plan"))
    settled = record.status in (
        Status.PUBLISHED,
        Status.UNCHANGED,
    )  # a run that published nothing quarantined nothing
    if settled and record.accounting.quarantined:
        found.append(("See what is in quarantine, and why", "vouch quarantine list"))
    uri = next(
        (one.uri for group in record.rejects for one in group.examples if _can_be_typed(one.uri)),
        None,
    )
    if settled and uri:
        found.append(
            ("See all that is known of one reject", f"vouch quarantine show {shlex.quote(uri)}")
        )
    if any(source.in_doubt for source in record.sources):
        found.append(
            (
                "A listing was incomplete, so nothing of its source was removed; list again",
                "vouch plan",
            )
        )
    if record.status is Status.PUBLISHED and record.accounting.chunks_published:
        found.append(("Search what was published", 'vouch search "your question"'))
        found.append(("Follow a chunk back to its file", "vouch trace CHUNK"))
    return found


def _can_be_typed(uri: str) -> bool:
    """Whether a command with this uri means the same after it was shown and copied."""
    return uri.isprintable() and plain(uri) == uri and not uri.startswith("-")


def several(count: int, noun: str) -> str:
    """`3 chunks`, `1 chunk`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def plain(text: object) -> str:
    """Text of a document's making: invisible and turning characters shown by their code, very long ones cut."""
    shown = _TRICKS.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", str(text))
    return shown if len(shown) <= _LONG else f"{shown[:_LONG]}…"


def duration(seconds: float | None) -> str:
    """0.4 s, 12 s, 3 min 20 s."""
    if seconds is None:
        return "not ended"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def percent(part: float, whole: float) -> str:
    """The share for a bar's width, as CSS wants it."""
    return f"{100 * part / whole:.2f}%" if whole else "0%"


def number(value: float) -> str:
    """Whole numbers with separators, others short."""
    return f"{int(value):,}" if float(value).is_integer() else f"{value:,.3f}"
