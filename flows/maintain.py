"""Keeps search quick: compacts files, updates search indexes, removes old versions."""

from pathlib import Path

from prefect import flow

from vouch.flows.artifacts import publish_artifacts
from vouch.flows.flow_options import OPTIONS
from vouch.flows.parameters import Config, Wait
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations import maintenance
from vouch.schemas.runs.record import RunRecord


@flow(name="maintain", **OPTIONS)
def maintain(config: Config = "vouch.yaml", wait_s: Wait = 0.0) -> RunRecord:
    """Compact, index and clean up; no row changes. Returns the run's record.

    Raises `IndexError_` where nothing is published, or rows differ from what was published.
    """
    file = read_settings(Path(config))
    record = maintenance.maintain(file, wait_s)
    publish_artifacts(file, record)
    return record
