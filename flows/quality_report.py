"""The report over the last days, made on a schedule."""

from pathlib import Path

from prefect import flow
from prefect.artifacts import create_link_artifact

from vouch.flows.flow_options import OPTIONS
from vouch.flows.parameters import Config, Days
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.report_builder import period_report


@flow(name="quality-report", **OPTIONS)
def quality_report(config: Config = "vouch.yaml", days: Days = 7.0) -> str:
    """Write the report over all runs of the last `days`; returns its path."""
    file = read_settings(Path(config))
    path = period_report(file, days)
    create_link_artifact(
        file.link(str(path)), link_text=f"The last {days:g} days", key="vouch-quality-report"
    )
    return str(path)
