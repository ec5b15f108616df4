"""Makes the rows of damaged documents again, as `vouch doctor --repair`."""

from prefect import flow

from vouch.flows.flow_options import OPTIONS
from vouch.flows.prefect_runner import run_in_flow
from vouch.pipeline import run_kinds
from vouch.pipeline.operations.doctor import Diagnosis


@flow(name="repair", **OPTIONS)
def repair(config: str = "vouch.yaml") -> Diagnosis:
    """Repair what can be repaired, and return what is left. Sound vectors are kept."""
    return run_kinds.repair(run_in_flow, config)
