"""The kinds of run in this process, as the command line does them where no server is configured."""

from functools import partial

from vouch.pipeline import run_kinds
from vouch.pipeline.local_runner import run_locally

ingest = partial(run_kinds.ingest, run_locally)
backfill = partial(run_kinds.backfill, run_locally)
replay = partial(run_kinds.replay, run_locally)
reindex = partial(run_kinds.reindex, run_locally)
repair = partial(run_kinds.repair, run_locally)
maintain = run_kinds.maintain
