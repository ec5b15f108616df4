"""A run, and after it the shadows: they are brought up to date with what it has published.

What it published stays published, and its locks are free, whatever becomes of them.
"""

import logging
from collections.abc import Iterable
from dataclasses import replace

from vouch.index.shadows.shadow import Shadow
from vouch.index.store.run_log import newest_published, read_run, write_run
from vouch.index.store.tables import Tables
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.operations.operation_record import locks_of
from vouch.pipeline.run import run
from vouch.pipeline.run_request import RunRequest
from vouch.pipeline.runner import Runner
from vouch.pipeline.shadows.update import request_update, update
from vouch.reports.run_report import write_run_report
from vouch.schemas.errors import failure
from vouch.schemas.runs.record import RunRecord, Status
from vouch.schemas.runs.shadow import ShadowFigures

_log = logging.getLogger("vouch")


def run_and_follow(request: RunRequest, runner: Runner) -> RunRecord:
    """Do the run, or the update of a shadow that is requested instead, and return its record.

    After a run that published, shadows of the settings that were made once are brought up to date.
    Raises as `vouch.pipeline.run.run` and `vouch.pipeline.shadows.update.update`.
    """
    if request.shadow:
        return update(request, runner)
    record = run(request, runner)
    if not request.settings.shadows or record.status not in (Status.PUBLISHED, Status.UNCHANGED):
        return record
    figures = [
        _followed(request, name, runner) for name in _behind(request.file, request.settings.shadows)
    ]
    return _noted(request.file, record, figures) if figures else record


def _behind(file: SettingsFile, names: Iterable[str]) -> list[str]:
    """Return the shadows that have another state than the published one, and were made once."""
    published = newest_published(Tables.open(file.index_location))
    states = {name: Shadow.of(file.index_location, name).state() for name in names}
    return [
        name
        for name, state in states.items()
        if published and state and state.complete and state.up_to_run != published.run_id
    ]


def _followed(request: RunRequest, name: str, runner: Runner) -> ShadowFigures:
    """Bring a shadow up to date; return its figures, or why that was not possible."""
    try:
        follow = request_update(request.file, name)
        follow = replace(follow, flow_run=request.flow_run)
        (figures,) = update(follow, runner, follows=True).shadows
    except Exception as error:  # noqa: BLE001 - what was published is not to suffer from it
        problem = failure(error)
        _log.warning("shadow %s was not brought up to date: %s", name, problem)
        return ShadowFigures(name=name, problem=f"it was not brought up to date: {problem}")
    return figures


def _noted(file: SettingsFile, record: RunRecord, figures: list[ShadowFigures]) -> RunRecord:
    """Add the figures to the run's record, and write its report again."""
    with locks_of(file).publisher():
        tables = Tables.open(file.index_location)
        record = read_run(tables, record.run_id)
        record = record.model_copy(update={"shadows": tuple(figures)})
        write_run_report(record, file.report_location, tables)
        write_run(tables, record)
    return record
