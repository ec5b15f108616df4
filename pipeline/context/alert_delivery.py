"""Tells people what went wrong, where `alerts.to` says; what cannot be sent now waits for the next run."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path

from httpx import HTTPError

from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.reports.alerts import alert
from vouch.reports.outbox import Outbox, Refused, alert_sender
from vouch.schemas.environment import fill, hide
from vouch.schemas.errors import SettingsError, VouchError
from vouch.schemas.ids import sha256_text
from vouch.schemas.run import RunRecord

_SHORT = 12  # characters of a hash that tell one receiver from another
_TRIAL = json.dumps(
    {
        "title": "Vouch: a trial",
        "body": "Alerts of this installation arrive here.",
        "notify_type": "info",
    }
)
_log = logging.getLogger("vouch")


def tell(file: SettingsFile, record: RunRecord, recent: Sequence[RunRecord]) -> None:
    """`recent` are the newest runs, newest first.

    Each receiver has an outbox of its own, so that one that cannot be reached keeps nothing from the others.
    """
    report = file.link(record.report) if record.report else None
    message = alert(record, recent, file.settings.alerts, report)
    for target in file.settings.alerts.to:
        folder = file.work_folder / "alerts" / sha256_text(target)[:_SHORT]
        if message:
            Outbox(folder).put(record.run_id, hide(message))
        _deliver(folder, target)


def try_out(file: SettingsFile) -> int:
    """Send a trial to all; returns to how many. Raises `VouchError` for the first that is not reached."""
    for number, target in enumerate(file.settings.alerts.to):
        try:
            alert_sender(fill(target)[0])(_TRIAL)
        except (OSError, HTTPError, Refused) as error:
            raise VouchError(f"alerts.to.{number} was not reached: {hide(str(error))}") from error
    return len(file.settings.alerts.to)


def _deliver(folder: Path, target: str) -> None:
    if not folder.is_dir():
        return
    try:
        for problem in Outbox(folder).deliver(alert_sender(fill(target)[0])):
            _log.warning("alerts: %s", problem)
    except SettingsError as error:
        _log.warning("alerts wait in %s: %s", folder, error)
