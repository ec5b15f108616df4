"""By hand, beside the schedule: windows of source time, or a part of the corpus again."""

from prefect import flow

from vouch.flows.backfill_artifacts import report_backfill
from vouch.flows.flow_options import OPTIONS
from vouch.flows.parameters import Config, Limit, PathPattern, Reasons, Sources, Time, Wait
from vouch.flows.prefect_runner import run_in_flow
from vouch.pipeline import run_kinds
from vouch.schemas.runs.record import RunRecord
from vouch.schemas.settings.choices import Redo, TimeBasis, WindowLength


@flow(name="backfill", **OPTIONS)
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
    max_documents: Limit | None = None,
    max_tokens: Limit | None = None,
    wait_s: Wait = 0.0,
    restart: bool = False,
    device: str | None = None,
) -> list[RunRecord]:
    """Do one run a window of source time `[since, until)`, cut along the calendar by `every`.

    Each window publishes by itself, oldest first, and nothing is ever removed. `reprocess` does a
    stage and those after it again though nothing has changed. The limits are those of all windows
    together. Suspended or cancelled and started again, it continues where it was, unless `restart`
    is set; paused, it waits before the next window. Raises `RunRejected` when all windows were
    tried and some were rejected.
    """
    with report_backfill():
        return run_kinds.backfill(
            run_in_flow,
            config,
            since,
            until,
            every,
            by,
            sources,
            path,
            reasons,
            reprocess,
            max_documents,
            max_tokens,
            wait_s,
            restart,
            device,
        )
