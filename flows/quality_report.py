"""The report over the last days, made on a schedule."""

from pathlib import Path

from prefect import flow
from prefect.artifacts import create_link_artifact

from flows.reporting import period_report
from flows.settings_file import read_settings


@flow(name="quality-report", persist_result=False)
def quality_report(config: str = "vouch.yaml", days: float = 7.0) -> str:
    """Write the report over all runs of the last `days`; returns its path."""
    path = period_report(read_settings(Path(config)), days)
    create_link_artifact(path.resolve().as_uri(), link_text=f"The last {days:g} days", key="vouch-quality-report")
    return str(path)
