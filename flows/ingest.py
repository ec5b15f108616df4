"""The main job: bring the index up to date with its sources."""

from prefect import flow

from vouch.flows.decision import run_or_decide
from vouch.flows.flow_options import OPTIONS
from vouch.flows.parameters import Config, Limit, Wait
from vouch.pipeline import run_kinds
from vouch.schemas.runs.record import RunRecord


@flow(name="ingest", **OPTIONS)
def ingest(
    config: Config = "vouch.yaml",
    allow_mass_delete: bool = False,
    plan: str | None = None,
    max_documents: Limit | None = None,
    max_tokens: Limit | None = None,
    wait_s: Wait = 0.0,
    device: str | None = None,
) -> RunRecord:
    """Bring the index up to date with its sources, and return the run's record.

    `plan` is the path of a saved plan, which is then all that is done. Raises `RunRejected` where
    the verdict is reject, and other `VouchError`s where the run cannot be finished; in both cases
    nothing that readers see has changed.
    """
    return run_kinds.ingest(
        run_or_decide, config, allow_mass_delete, plan, max_documents, max_tokens, wait_s, device
    )
