"""Chunks and vectors again from the stored texts, built beside what is published."""

from prefect import flow

from vouch.flows.flow_options import OPTIONS
from vouch.flows.prefect_runner import run_in_flow
from vouch.pipeline import run_kinds
from vouch.schemas.runs.record import RunRecord
from vouch.schemas.settings.choices import Redo


@flow(name="reindex", **OPTIONS)
def reindex(
    config: str = "vouch.yaml",
    sources: list[str] | None = None,
    golden: str | None = None,
    switch: bool = False,
    again: Redo | None = None,
    wait_s: float = 0.0,
    shadow: str | None = None,
    device: str | None = None,
) -> RunRecord:
    """Chunk and embed the stored texts with the present settings; no file is read.

    The candidate is staged beside the published state and, with `golden` (the path of golden
    queries), compared with it. `switch` publishes it in one step, and a rollback goes back in one.
    With `shadow`, the shadow of that name is made, or brought up to date, instead.
    """
    return run_kinds.reindex(
        run_in_flow, config, sources, golden, switch, again, wait_s, shadow, device
    )
