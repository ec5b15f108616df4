"""Explain why a run was rejected, warned or failed: what it means, what is behind it, what to do.

`vouch explain`, the head of the report, the alert and Prefect's artifact all show this.
"""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from vouch.reports.allowance import allowance
from vouch.reports.formatting import can_be_copied
from vouch.reports.meaning import why
from vouch.schemas.runs.approval import NEVER_APPROVED
from vouch.schemas.runs.check_ids import CheckId, Measure
from vouch.schemas.runs.record import Check, Example, Outcome, RunRecord, Severity, Status

_SHOWN = 3
# What these checks are about is listed where everything in quarantine is.
_IN_QUARANTINE = frozenset(
    {CheckId.QUARANTINE_SHARE, CheckId.QUARANTINE_SHARE_WARN, CheckId.SOURCE_QUARANTINE_SHARE,
     CheckId.DRIFT_QUARANTINED, CheckId.CONTRACT_REJECTS}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Explained:
    """A check that did not pass, for a person who decides what to do.

    Attributes:
        check: The check itself.
        blocks: Whether it rejects the run; otherwise it warns.
        meaning: What it means for people who search, in one sentence; may be empty.
        finding: The figure against its threshold in words, with what was observed.
        examples: Up to three documents or golden queries behind it.
        more: How many more there are.
        list_command: The command that lists them all; empty where there are none.
        yaml: Lines of `vouch.yaml` that would allow it; empty where no setting may.
        instead: What to do where no setting may allow it.
        approve_command: The command by which a person lets it warn in later runs until a date;
            empty where nobody may, or where it only warns.
    """

    check: Check
    blocks: bool
    meaning: str
    finding: str
    examples: tuple[Example, ...]
    more: int
    list_command: str
    yaml: str
    instead: str
    approve_command: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run ended without a verdict: the error, what it means, and what to do."""

    error: str
    meaning: str
    steps: tuple[tuple[str, str], ...]
    """Pairs of a reason and a command."""


def explain(record: RunRecord) -> tuple[Explained, ...]:
    """Return each check that did not pass: those that reject the run first."""
    explained = [explain_check(check, record) for check in record.failed_checks]
    # Then what would reject it, had not a person agreed.
    explained.sort(key=lambda part: (not part.blocks, part.check.approval is None))
    return tuple(_without_repetition(explained))


def _without_repetition(explained: Sequence[Explained]) -> Iterator[Explained]:
    """Let checks of one kind with the same documents or queries behind them refer to the first."""
    first: dict[tuple[CheckId, tuple[Example, ...]], str] = {}
    for part in explained:
        key = part.check.id, part.check.examples
        if not part.examples or key not in first:
            first.setdefault(key, part.check.name)
            yield part
            continue
        same = f"The same is behind it as behind {first[key]}"
        same += ", and the same lines of vouch.yaml allow it." if part.yaml else "."
        yield replace(part, examples=(), more=0, list_command="", yaml="", instead=same)


def explain_failure(record: RunRecord) -> Failure:
    """Return why a run that failed, or was cut short, has no verdict."""
    error = record.error or "the run ended early"
    meaning, steps = _FAILURES.get(record.error_kind, _CUT_SHORT)
    return Failure(
        error,
        meaning,
        tuple((reason, command.format(again=run_again(record))) for reason, command in steps),
    )


def run_again(record: RunRecord) -> str:
    """Return the command that makes such a run again."""
    command = {"repair": "doctor --repair", "approve": "approvals"}.get(record.kind, record.kind)
    return f"vouch {command}"


def may_be_approved(record: RunRecord) -> bool:
    """Return whether a person may agree to what rejected the run."""
    return record.status is Status.REJECTED and not any(
        check.id in NEVER_APPROVED for check in record.blocking_checks
    )


def looking_steps(record: RunRecord) -> tuple[tuple[str, str], ...]:
    """Return how a person looks at what a run would publish: pairs of a reason and a command; none
    where it would publish nothing.
    """
    has_candidate = record.staged or record.accounting.removed
    if record.status not in (Status.REJECTED, Status.STAGED) or not has_candidate:
        return ()
    steps = [
        ("Search what it would publish, before anybody decides",
         f'vouch search "…" --candidate {record.run_id}')
    ]  # fmt: skip
    if record.retrieval is not None and not record.retrieval.alone:
        steps.append(
            ("Compare what golden queries find in it and now", f"vouch compare {record.run_id}")
        )
    return tuple(steps)


def explain_check(check: Check, record: RunRecord) -> Explained:
    """Return one failed check of a run with all that is behind it."""
    allowed = allowance(check, record)
    copied = can_be_copied(check.reference)
    examples = check.examples[:_SHOWN]
    concerned = check.concerned if check.concerned is not None else len(check.examples)
    is_open = check.blocks and record.status is Status.REJECTED
    can_agree = is_open and check.id not in NEVER_APPROVED and copied
    return Explained(
        check=check,
        blocks=check.blocks,
        meaning=why(check),
        finding=finding(check),
        examples=examples,
        more=max(0, concerned - len(examples)),
        list_command=_list_command(check, record) if examples and copied else "",
        yaml=allowed.yaml,
        instead=allowed.instead,
        approve_command=_approve_command(check) if can_agree else "",
    )


def _approve_command(check: Check) -> str:
    return f'vouch approve --check {shlex.quote(check.reference)} --until DATE --why "…"'


def _list_command(check: Check, record: RunRecord) -> str:
    if check.id in _IN_QUARANTINE:
        return "vouch quarantine list"
    return f"vouch explain {record.run_id} --check {shlex.quote(check.reference)} --all"


def finding(check: Check) -> str:
    """Return what a check observed, and the figure against its threshold with its unit."""
    limit = _limit(check)
    if check.outcome is Outcome.NOT_CHECKED or check.figure is None or not limit:
        return check.message
    return f"{check.message}; {limit}" if check.message else limit


def _limit(check: Check) -> str:
    """Return the figure against the threshold, where the message does not say both."""
    if check.threshold is None or "required" in check.message or check.figure is None:
        return ""
    figure, threshold = check.figure, check.threshold
    match check.measure:
        case Measure.SHARE:
            return f"{figure:.1%}, where at most {threshold:.1%} is allowed"
        case Measure.DISTANCE:
            rejects = check.severity is Severity.REJECT or check.approval is not None
            verb = "rejects" if rejects else "warns"
            return f"distance {figure:.2f}, where {threshold:g} {verb}"
        case Measure.SCORE_LOSS:
            return f"{figure:.3f} less, where a loss of {threshold:g} is tolerated"
        case Measure.SCORE:
            return f"{figure:.3f}, where at least {threshold:g} is required"
        case Measure.HOURS:
            return f"{figure:,.0f} hours, where at most {threshold:g} are allowed"
        case Measure.COSINE:
            return f"cosine {figure:.4f}, where at least {threshold:g} is required"
        case _:
            return ""


_SHARDS_STAY = "Readers see what they saw before. Finished shards are reused by the next run."
_RERUN = (("Fix the cause and run it again", "{again}"),)
_CUT_SHORT: tuple[str, tuple[tuple[str, str], ...]] = (_SHARDS_STAY, _RERUN)
_FAILURES: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "SettingsError": (
        "vouch.yaml, or an option of the command, is wrong, so nothing was done.",
        (("Correct it, and see what a run would do", "vouch plan"),),
    ),
    **dict.fromkeys(
        ("SourceError", "SourceUnavailable", "SourceRefused"),
        (
            "A source could not be read, so nothing of it was changed or removed.",
            (
                ("Check its address and its permissions, then see what it lists", "vouch plan"),
                ("Then run it again", "{again}"),
            ),
        ),
    ),
    "EmbeddingError": (
        "The embedding model, or its service, gave no vectors. Readers see what they saw before. "
        "Finished shards, and vectors that a service was paid for, are reused by the next run.",
        (("See that it answers and is the one of vouch.yaml, then run it again", "{again}"),),
    ),
    "ModelChanged": (
        "The embedding model gives other vectors than those of the index. Mixed with them, they "
        f"would find other texts than they should. {_SHARDS_STAY}",
        (
            ("Once it is put back, see that it is the same", "vouch canary"),
            ("Then run it again", "{again}"),
            ("To take the new model: a new embedding.revision, then what it costs", "vouch plan"),
            ("Then embed all texts, audit and publish", "vouch reindex --switch"),
        ),
    ),
    **dict.fromkeys(
        ("IndexError_", "NotFound"),
        (
            "The index is missing, damaged or in use.",
            (
                ("See what is wrong with it", "vouch doctor"),
                ("Repair what can be repaired", "vouch doctor --repair"),
            ),
        ),
    ),
    **dict.fromkeys(
        ("StorageError", "StorageRefused"),
        (
            f"A folder or bucket is full, or cannot be read or written. {_SHARDS_STAY}",
            (("Make room, or correct its permissions, then run it again", "{again}"),),
        ),
    ),
    "ClusterError": (
        f"The cluster could not be reached, or its workers are not fit. {_SHARDS_STAY}",
        (("Start workers of this version, then run it again", "{again}"),),
    ),
    "MassDeleteRefused": (
        "More documents would be removed than index.max_delete_share allows. Nothing was removed.",
        (
            ("See which documents are no longer listed", "vouch plan"),
            ("If they are meant to go", "vouch ingest --allow-mass-delete"),
        ),
    ),
    "AccountingError": (
        "Documents or chunks were lost during the run: this is a fault of Vouch.",
        (
            ("Verify the index", "vouch doctor"),
            ("Run it again, and report the fault with this run's record", "{again}"),
        ),
    ),
    "PlanStale": (
        "Documents or settings have changed since the plan was saved.",
        (("See what a run would do now", "vouch plan"),),
    ),
    "BudgetExceeded": (
        "The run would have cost more than its limit, so it stopped before spending it. What is "
        "embedded is kept, and costs nothing again.",
        (("See what it would cost, then raise the limit or leave documents out", "vouch plan"),),
    ),
    "PublishingHeld": (
        "A rollback keeps all runs from publishing until a person releases it.",
        (("When the problem is fixed", "vouch release"),),
    ),
}
"""What an error means and what to do, by its class."""
