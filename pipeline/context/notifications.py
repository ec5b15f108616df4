"""Notifies systems and people outside of a run: lineage events, metrics, alerts.

Where they go is in the settings. No run fails by them: what cannot be sent waits in an outbox.
"""

import logging
from collections.abc import Callable
from functools import cache, partial
from typing import TypeAlias

from vouch.index.store.run_log import read_run, recent_runs
from vouch.index.store.tables import Tables
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.schemas.errors import in_words
from vouch.schemas.process.environment import interpolate, mask_secrets
from vouch.schemas.process.storage_errors import storage_problem
from vouch.schemas.runs.record import RunRecord
from vouch.storage.places import is_object_store

RecentRuns: TypeAlias = Callable[[], list[RunRecord]]
_log = logging.getLogger("vouch")


def notify_started(file: SettingsFile, tables: Tables, record: RunRecord) -> None:
    """Notify of a run that has started."""
    _notify(file, tables, record, ["start"])


def notify_finished(file: SettingsFile, tables: Tables, run_id: str) -> None:
    """Notify of a run, if it is over: one that was cut short while it published is finished by the
    next.
    """
    if not any((file.settings.lineage.to, file.settings.run.metrics_path, file.settings.alerts.to)):
        return
    record = read_run(tables, run_id)
    if record.status.is_over:
        _notify(file, tables, record, ["end"])


def notify_started_and_finished(file: SettingsFile, tables: Tables, record: RunRecord) -> None:
    """Notify of a run of which nobody was notified when it started."""
    _notify(file, tables, record, ["start", "end"])


def _notify(file: SettingsFile, tables: Tables, record: RunRecord, events: list[str]) -> None:
    recent = cache(partial(recent_runs, tables))  # read once, and only if somebody needs them
    channels = (
        partial(_send_lineage, file, tables, record, events),
        partial(_write_metrics, file, recent, events),
        partial(_send_alerts, file, record, recent, events),
    )
    for send in channels:
        try:
            send()
        except Exception as error:  # noqa: BLE001 - whatever it is, the run has done its own work
            reason = mask_secrets(storage_problem(error) or in_words(error))
            _log.warning("run %s: a notification failed: %s", record.run_id, reason)


def _send_lineage(file: SettingsFile, tables: Tables, record: RunRecord, events: list[str]) -> None:
    settings = file.settings.lineage
    if settings.to is None:
        return
    from vouch.reports.openlineage import Events
    from vouch.reports.outbox import Outbox, sender

    payloads = Events(
        record, settings.namespace, file.index_location, tables.dimension, tables.vectors
    )
    outbox = Outbox(file.work_location / "lineage")
    for number, event in enumerate(("start", "end")):
        if event in events:
            outbox.put(f"{record.run_id}-{number}-{event}", getattr(payloads, event)())
    target = interpolate(settings.to)[0]
    token = interpolate(settings.token)[0] if settings.token else None
    options = file.settings.storage.filled() if is_object_store(target) else {}
    for problem in outbox.deliver(sender(target, token, file.folder, options)):
        _log.warning("lineage: %s", problem)


def _write_metrics(file: SettingsFile, recent: RecentRuns, events: list[str]) -> None:
    path = file.settings.run.metrics_path
    if path is None or "end" not in events:
        return
    from vouch.pipeline.context.budget import spending_metrics
    from vouch.reports.metrics import write_metrics

    write_metrics(recent(), file.location(path), *spending_metrics(file))


def _send_alerts(
    file: SettingsFile, record: RunRecord, recent: RecentRuns, events: list[str]
) -> None:
    if file.settings.alerts.to and "end" in events:
        from vouch.pipeline.context.alert_delivery import send_alerts

        send_alerts(file, record, recent())
