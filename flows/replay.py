"""By hand: the documents in quarantine, tried again now."""

from prefect import flow

from vouch.flows.decision import run_or_decide
from vouch.flows.flow_options import OPTIONS
from vouch.flows.parameters import Config, PathPattern, Reasons, Sources, Wait
from vouch.pipeline import run_kinds
from vouch.schemas.runs.record import RunRecord


@flow(name="replay", **OPTIONS)
def replay(
    config: Config = "vouch.yaml",
    sources: Sources | None = None,
    path: PathPattern | None = None,
    reasons: Reasons | None = None,
    wait_s: Wait = 0.0,
) -> RunRecord:
    """Try just the documents in quarantine again, parked ones too. Nothing is removed."""
    return run_kinds.replay(run_or_decide, config, sources, path, reasons, wait_s)
