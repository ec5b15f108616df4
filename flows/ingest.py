"""The main job: from what the sources list to a published, audited state of the index."""

from prefect import flow

from vouch.flows.flow_options import POLICY
from vouch.flows.parameters import Config, Most, Wait
from vouch.flows.tasks import run_pipeline
from vouch.pipeline.run_requests import ingest_asked
from vouch.schemas.run import RunRecord


@flow(name="ingest", **POLICY)
def ingest(
    config: Config = "vouch.yaml",
    allow_mass_delete: bool = False,
    plan: str | None = None,
    max_documents: Most | None = None,
    max_tokens: Most | None = None,
    wait_s: Wait = 0.0,
) -> RunRecord:
    """Bring the index up to date with its sources.

    `plan` is the path of a saved plan, and the only thing that is then done; `max_documents` and `max_tokens` stand for
    those of the settings. Returns the run's record. Raises `RunRejected` where the verdict says no, and other
    `VouchError`s where the run could not be finished; in both cases nothing that readers see has changed.
    """
    return run_pipeline(
        *ingest_asked(config, allow_mass_delete, plan, max_documents, max_tokens, wait_s)
    )
