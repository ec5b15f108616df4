"""Writes reports again from the records of runs."""

from datetime import timedelta

from vouch.index.publishing.diff import diff
from vouch.index.store.publication_columns import now
from vouch.index.store.run_log import in_order, list_runs, read_run
from vouch.index.store.tables import Tables
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.reports.comparison_report import write_comparison
from vouch.reports.period_report import write_period
from vouch.reports.run_report import write_run_report
from vouch.schemas.errors import NotFound
from vouch.storage.location import Location


def run_report(file: SettingsFile, run: str) -> Location:
    """Write the report of one run."""
    tables = Tables.open(file.index_location)
    return write_run_report(read_run(tables, run), file.report_location, tables)


def comparison_report(file: SettingsFile, before: str, after: str) -> Location:
    """Write the report that compares two runs, the earlier one first.

    It lacks their documents where one of the two states is no longer kept.
    """
    tables = Tables.open(file.index_location)
    records = in_order(tables, [read_run(tables, before), read_run(tables, after)])
    try:
        difference = diff(tables, records[0].run_id, records[1].run_id)
    except NotFound:
        difference = None
    return write_comparison(records[0], records[1], difference, file.report_location)


def period_report(file: SettingsFile, days: float) -> Location:
    """Write the report of all runs that started in the last days."""
    until = now()
    since = until - timedelta(days=days)
    records = list_runs(Tables.open(file.index_location))
    in_period = [record for record in reversed(records) if record.started_at >= since]
    return write_period(in_period, since, until, file.report_location)
