"""The main job: from what the sources list to a published, audited state of the index."""

from pathlib import Path

from prefect import flow

from flows.flow_policy import POLICY
from flows.pipeline import Options, run_pipeline
from flows.saved_plan import SavedPlan
from flows.scope import Scope
from flows.settings_file import read_settings
from schemas.run import RunRecord


@flow(name="ingest", **POLICY)
def ingest(
    config: str = "vouch.yaml",
    allow_mass_delete: bool = False,
    plan: str | None = None,
    max_documents: int | None = None,
    max_tokens: int | None = None,
    wait_s: float = 0.0,
) -> RunRecord:
    """Bring the index up to date with its sources.

    `plan` is the path of a saved plan, and the only thing that is then done; `max_documents` and `max_tokens` stand for
    those of the settings. Returns the run's record. Raises `RunRejected` where the verdict says no, and other
    `VouchError`s where the run could not be finished; in both cases nothing that readers see has changed.
    """
    file = read_settings(Path(config)).with_caps(max_documents, max_tokens)
    saved = SavedPlan.read(Path(plan)) if plan else None
    return run_pipeline(file, Scope(), Options(allow_mass_delete, wait_s, saved))
