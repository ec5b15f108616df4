"""Sends alerts to the receivers of `alerts.to`; what cannot be sent now waits for the next run."""

import json
import logging
from collections.abc import Sequence

from httpx import HTTPError

from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.reports.alerts import alert
from vouch.reports.outbox import Outbox, Refused, alert_sender
from vouch.schemas.documents.ids import sha256_text
from vouch.schemas.errors import SettingsError, VouchError
from vouch.schemas.process.environment import interpolate, mask_secrets
from vouch.schemas.runs.record import RunRecord
from vouch.storage.location import Location

_HASH_CHARACTERS = 12  # enough to keep the receivers of one installation apart
_TEST_ALERT = json.dumps(
    {
        "title": "Vouch: a test",
        "body": "Alerts of this installation arrive here.",
        "notify_type": "info",
    }
)
_log = logging.getLogger("vouch")


def send_alerts(file: SettingsFile, record: RunRecord, recent: Sequence[RunRecord]) -> None:
    """Send what there is to alert of; `recent` are the newest runs, newest first.

    Each receiver has an outbox of its own: one that cannot be reached keeps nothing from the
    others.
    """
    report = file.link(record.report) if record.report else None
    message = alert(record, recent, file.settings.alerts, report)
    for target in file.settings.alerts.to:
        # The address may hold a token, so the outbox is named by its hash.
        place = file.work_location / "alerts" / sha256_text(target)[:_HASH_CHARACTERS]
        outbox = Outbox(place)
        if message:
            outbox.put(record.run_id, mask_secrets(message))
        if outbox.waiting():
            _deliver(outbox, place, target)


def send_test_alert(file: SettingsFile) -> int:
    """Send a test to all receivers; return how many there are.

    Raises `VouchError` for the first receiver that is not reached.
    """
    for number, target in enumerate(file.settings.alerts.to):
        try:
            alert_sender(interpolate(target)[0])(_TEST_ALERT)
        except (OSError, HTTPError, Refused) as error:
            raise VouchError(
                f"alerts.to.{number} was not reached: {mask_secrets(str(error))}"
            ) from error
    return len(file.settings.alerts.to)


def _deliver(outbox: Outbox, place: Location, target: str) -> None:
    try:
        for problem in outbox.deliver(alert_sender(interpolate(target)[0])):
            _log.warning("alerts: %s", problem)
    except SettingsError as error:
        _log.warning("alerts wait in %s: %s", place, error)
