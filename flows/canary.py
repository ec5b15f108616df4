"""Asks every night whether the embedding model is still the same, before the runs of the day."""

from functools import partial
from pathlib import Path

from prefect import flow

from vouch.flows.artifacts import publish_artifacts
from vouch.flows.flow_options import OPTIONS
from vouch.flows.parameters import Config
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.canary import ask_canary
from vouch.schemas.runs.record import RunRecord


@flow(name="canary", **OPTIONS)
def canary(config: Config = "vouch.yaml") -> RunRecord:
    """Embed the probe texts, compare them with those of the index, and return the run's record.

    Raises `ModelChanged` where the model, or the service that runs it, gives other vectors.
    """
    file = read_settings(Path(config))
    return ask_canary(file, partial(publish_artifacts, file))
