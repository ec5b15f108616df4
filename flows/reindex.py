"""Chunks and vectors anew from the text that the index keeps, built beside what is published."""

from prefect import flow

from vouch.flows.flow_options import POLICY
from vouch.flows.tasks import run_pipeline
from vouch.pipeline.run_requests import reindex_asked
from vouch.schemas.choices import Redo
from vouch.schemas.run import RunRecord


@flow(name="reindex", **POLICY)
def reindex(
    config: str = "vouch.yaml",
    sources: list[str] | None = None,
    golden: str | None = None,
    switch: bool = False,
    again: Redo | None = None,
    wait_s: float = 0.0,
) -> RunRecord:
    """Bring what the index holds to the chunker, contracts and model of the settings. No file is read, nothing is parsed.

    The candidate is staged beside the published state and, with `golden` (the path of golden queries), compared with it;
    `switch` publishes it in one step, and `rollback` goes back in one. `again` does a stage again though nothing has changed.
    """
    return run_pipeline(*reindex_asked(config, sources, golden, switch, again, wait_s))
