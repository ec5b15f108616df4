"""What a person may agree to, by which name, and until when."""

import getpass
import re
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches

from vouch.schemas.errors import SettingsError
from vouch.schemas.runs.approval import NEVER_APPROVED, Approval
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Check, RunRecord

_LONGEST = timedelta(days=366)
_REFERENCE = re.compile(r"([^:@]+)(?::(.+?))?(?:@(.+))?", re.DOTALL)


def who_agrees(who: str | None) -> str:
    """Return the name, by default that of the system's user. Raises `SettingsError` without one."""
    if who is None:
        try:
            who = getpass.getuser()
        except (KeyError, OSError, ImportError) as error:
            raise SettingsError(
                "this system has no name for its user; say who agrees: --who NAME"
            ) from error
    return _text(who, "a name", "--who")


def reason(why: str) -> str:
    """Return the reason in one line. Raises `SettingsError` without one."""
    return _text(why, "a reason", "--why")


def _text(text: str, needed: str, option: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise SettingsError(f"an approval needs {needed} that others can read later: {option} TEXT")
    return text


def end_of(until: date | None, at: datetime) -> datetime | None:
    """Return when an approval ends that is made at this time."""
    if until is None:
        return None
    if not isinstance(until, datetime):
        until = datetime.combine(until + timedelta(days=1), time(), UTC)
    until = until.astimezone(UTC) if until.tzinfo else until.replace(tzinfo=UTC)
    if not at < until <= at + _LONGEST:
        raise SettingsError(
            f"an approval ends within a year from now, not at {until:%Y-%m-%d %H:%M} UTC; "
            "what is to last longer is a setting"
        )
    return until


def checked_reference(reference: str) -> str:
    """Return a reference to a check. Raises `SettingsError` for an id that no check has."""
    match = _REFERENCE.fullmatch(reference.strip())
    name = match[1] if match else reference
    ids = [str(check_id) for check_id in CheckId if check_id is not CheckId.UNKNOWN]
    if name not in ids:
        near = get_close_matches(name, ids, n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise SettingsError(f"there is no check {name!r}{hint}")
    if name in NEVER_APPROVED:
        raise SettingsError(
            f"{name} proves that the index does not contradict itself, so nobody can agree to its "
            "failure; fix the cause and run again (docs/runbook.md)"
        )
    return reference.strip()


def about(approval: Approval, rejected: RunRecord) -> Approval:
    """Return the approval of a run. Raises `SettingsError` where it leaves something that blocks,
    or names what does not.
    """
    blocked = rejected.blocking_checks
    never = [check.reference for check in blocked if check.id in NEVER_APPROVED]
    if never:
        raise SettingsError(
            f"run {rejected.run_id} cannot be approved: {', '.join(never)} proves that the index "
            "does not contradict itself; fix the cause and run again"
        )
    references = [check.reference for check in blocked]
    if approval.checks:
        needless = [
            name
            for name in approval.checks
            if not _covers(approval.model_copy(update={"checks": (name,)}), blocked)
        ]
        left = [check.reference for check in blocked if not _covers(approval, [check])]
        if needless:
            raise SettingsError(
                f"{', '.join(needless)} did not reject run {rejected.run_id}; what did: "
                f"{', '.join(references)}"
            )
        if left:
            raise SettingsError(
                f"run {rejected.run_id} was also rejected by {', '.join(left)}; agree to these "
                "too, or fix their cause and run again"
            )
    agreed = {
        "run_id": rejected.run_id,
        "checks": approval.checks or tuple(references),
        "figures": {check.reference: check.figure for check in blocked if check.figure is not None},
    }
    return approval.model_copy(update=agreed)


def _covers(approval: Approval, checks: Collection[Check]) -> bool:
    return any(approval.covers(check.names) for check in checks)
