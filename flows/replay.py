"""What is in quarantine, tried again now: after a person has looked, or when it is not to wait for its time."""

from pathlib import Path

from prefect import flow

from flows.flow_policy import POLICY
from flows.pipeline import Options, run_pipeline
from flows.scope import Scope
from flows.settings_file import read_settings
from schemas.run import RunRecord


@flow(name="replay", **POLICY)
def replay(
    config: str = "vouch.yaml",
    sources: list[str] | None = None,
    path: str | None = None,
    reasons: list[str] | None = None,
    wait_s: float = 0.0,
) -> RunRecord:
    """Try just the quarantined documents again, parked ones too; `path` is a pattern as in .gitignore.

    Nothing else is looked at, and nothing is removed. Raises as `ingest` does.
    """
    scope = Scope("replay", tuple(sources or ()), path, tuple(reasons or ()), quarantined_only=True)
    return run_pipeline(read_settings(Path(config)), scope, Options(wait_s=wait_s))
