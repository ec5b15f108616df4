"""Chunks and vectors anew from the text that the index keeps, built beside what is published."""

from pathlib import Path

from prefect import flow

from flows.flow_policy import POLICY
from flows.pipeline import Options, run_pipeline
from flows.scope import Scope
from flows.settings_file import read_settings
from schemas.choices import Redo
from schemas.errors import SettingsError
from schemas.run import RunRecord


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
    if again is Redo.PARSE:
        raise SettingsError("reindex never parses; `vouch backfill --reprocess parse` does")
    queries = Path(golden).read_text("utf-8") if golden else None
    scope = Scope("reindex", tuple(sources or ()), redo=again, from_index=True)
    return run_pipeline(read_settings(Path(config)), scope, Options(wait_s=wait_s, golden=queries, publish=switch))
