"""By hand, beside the schedule: windows of source time, or a part of the corpus again from a stage."""

from pathlib import Path

from prefect import flow, get_run_logger

from vouch.flows.flow_options import POLICY
from vouch.flows.parameters import Config, Most, PathPattern, Reasons, Sources, Time, Wait
from vouch.flows.tasks import run_pipeline
from vouch.pipeline.context.backfill_windows import windows
from vouch.pipeline.context.progress_observer import observer
from vouch.pipeline.context.scope import Scope
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.lifecycle import Options
from vouch.schemas.choices import Redo, TimeBasis, WindowLength
from vouch.schemas.errors import RunRejected
from vouch.schemas.records import Listing
from vouch.schemas.run import RunRecord


@flow(name="backfill", **POLICY)
def backfill(
    config: Config = "vouch.yaml",
    since: Time | None = None,
    until: Time | None = None,
    every: WindowLength | None = None,
    by: TimeBasis = TimeBasis.MODIFIED,
    sources: Sources | None = None,
    path: PathPattern | None = None,
    reasons: Reasons | None = None,
    reprocess: Redo | None = None,
    max_documents: Most | None = None,
    max_tokens: Most | None = None,
    wait_s: Wait = 0.0,
) -> list[RunRecord]:
    """One run a window `[since, until)`, cut along the calendar by `every`, oldest first; each publishes by itself.

    A document's source time is when it was `modified`, or the date in its `path` (the source's `path_date`). `path` is a
    pattern as in .gitignore, `reasons` are those of documents in quarantine; `reprocess` does a stage and those after it
    again though nothing has changed. Nothing is ever removed. Started again, windows that are done cost a listing. A window
    that is rejected does not keep the others from being tried: `RunRejected` is raised when all were.
    """
    file = read_settings(Path(config)).with_caps(max_documents, max_tokens)
    asked = windows(since, until, every, by)
    listed: dict[str, Listing] = {}
    records, rejected = [], []
    observer().expect("windows", len(asked))
    for window in asked:
        scope = Scope(
            "backfill",
            tuple(sources or ()),
            path,
            tuple(reasons or ()),
            window,
            redo=reprocess,
            partial=True,
        )
        try:
            records.append(run_pipeline(file, scope, Options(wait_s=wait_s, listed=listed)))
        except RunRejected as error:
            get_run_logger().error("window %s: %s", window, error)
            rejected.append(f"{window}: {error}")
        observer().done("windows", 1)
    if rejected:
        raise RunRejected(
            f"{len(rejected)} of {len(asked)} windows were rejected: {'; '.join(rejected)}"
        )
    return records
