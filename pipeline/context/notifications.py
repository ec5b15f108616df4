"""Tells the world outside of a run, where the settings say to whom: lineage events, figures, alerts. No run fails by it."""

import logging
from collections.abc import Callable
from functools import cache, partial
from typing import TypeAlias

from vouch.index.store.run_log import read_run, recent_runs
from vouch.index.store.tables import Tables
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.schemas.environment import fill, hide
from vouch.schemas.run import RunRecord

Recent: TypeAlias = Callable[[], list[RunRecord]]
_log = logging.getLogger("vouch")


def began(file: SettingsFile, tables: Tables, record: RunRecord) -> None:
    """A run that will be told again when it has ended."""
    _announce(file, tables, record, ["start"])


def ended(file: SettingsFile, tables: Tables, run_id: str) -> None:
    """A run, if it has ended: one that was cut short while it published is finished by the next."""
    if not any((file.settings.lineage.to, file.settings.run.metrics_path, file.settings.alerts.to)):
        return
    record = read_run(tables, run_id)
    if record.status.is_over:
        _announce(file, tables, record, ["end"])


def came_and_went(file: SettingsFile, tables: Tables, record: RunRecord) -> None:
    """A run that is told of when it is over."""
    _announce(file, tables, record, ["start", "end"])


def _announce(file: SettingsFile, tables: Tables, record: RunRecord, parts: list[str]) -> None:
    recent = cache(partial(recent_runs, tables))  # read where one of them asks, and once
    ways = (
        partial(_lineage, file, tables, record, parts),
        partial(_metrics, file, recent, parts),
        partial(_alerts, file, record, recent, parts),
    )
    for tell in ways:
        try:
            tell()
        except Exception as error:  # noqa: BLE001 - whatever it is, the run has done its own work
            why = f"{type(error).__name__}: {hide(str(error))}"
            _log.warning("run %s could not be told to those outside: %s", record.run_id, why)


def _lineage(file: SettingsFile, tables: Tables, record: RunRecord, parts: list[str]) -> None:
    """What cannot be sent now waits in the outbox."""
    settings = file.settings.lineage
    if settings.to is None:
        return
    from vouch.reports.openlineage import Events
    from vouch.reports.outbox import Outbox, sender

    events = Events(record, settings.namespace, file.index_folder, tables.dimension)
    outbox = Outbox(file.work_folder / "lineage")
    for number, part in enumerate(("start", "end")):
        if part in parts:
            outbox.put(f"{record.run_id}-{number}-{part}", getattr(events, part)())
    target = fill(settings.to)[0]
    token = fill(settings.token)[0] if settings.token else None
    for problem in outbox.deliver(sender(target, token, file.folder)):
        _log.warning("lineage: %s", problem)


def _alerts(file: SettingsFile, record: RunRecord, recent: Recent, parts: list[str]) -> None:
    """People, once it has ended."""
    if file.settings.alerts.to and "end" in parts:
        from vouch.pipeline.context.alert_delivery import tell

        tell(file, record, recent())


def _metrics(file: SettingsFile, recent: Recent, parts: list[str]) -> None:
    """The figures of the newest runs, once this one has ended."""
    path = file.settings.run.metrics_path
    if path is None or "end" not in parts:
        return
    from vouch.reports.metrics import write_metrics

    write_metrics(recent(), file.folder / path)
