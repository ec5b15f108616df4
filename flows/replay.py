"""What is in quarantine, tried again now: after a person has looked, or when it is not to wait for its time."""

from prefect import flow

from vouch.flows.flow_options import POLICY
from vouch.flows.parameters import Config, PathPattern, Reasons, Sources, Wait
from vouch.flows.tasks import run_pipeline
from vouch.pipeline.run_requests import replay_asked
from vouch.schemas.run import RunRecord


@flow(name="replay", **POLICY)
def replay(
    config: Config = "vouch.yaml",
    sources: Sources | None = None,
    path: PathPattern | None = None,
    reasons: Reasons | None = None,
    wait_s: Wait = 0.0,
) -> RunRecord:
    """Try just the quarantined documents again, parked ones too; `path` is a pattern as in .gitignore.

    Nothing else is looked at, and nothing is removed. Raises as `ingest` does.
    """
    return run_pipeline(*replay_asked(config, sources, path, reasons, wait_s))
