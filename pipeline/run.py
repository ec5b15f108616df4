"""A run: from what the sources list to a published, audited state of the index.

`run` reads as the picture in the README. How its stages are executed and shown is the runner's
business; what they share is a `Run`.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain

from vouch.index.shadows.shadow import difference
from vouch.index.store.publication_columns import now
from vouch.index.store.run_log import runs_since
from vouch.pipeline.audit.audit import audit
from vouch.pipeline.audit.publication import close, publish_or_refuse
from vouch.pipeline.context.allocator_tuning import preload_audit_libraries
from vouch.pipeline.context.budget import caps_of
from vouch.pipeline.context.progress import observer
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.lifecycle import open_run, recover
from vouch.pipeline.planning import planner
from vouch.pipeline.planning.cost_estimate import estimate, refuse_overspending
from vouch.pipeline.planning.plan import WORK, Action, Plan
from vouch.pipeline.planning.planner import FIRST_CHANGE_TIME
from vouch.pipeline.planning.saved_plan import SavedPlan
from vouch.pipeline.planning.sharding import cut_shards
from vouch.pipeline.planning.stored_rows import StoredRows
from vouch.pipeline.run_request import RunRequest
from vouch.pipeline.runner import Runner
from vouch.pipeline.shard_workers import shard_workers
from vouch.pipeline.stages.shard_job import ShardJob
from vouch.pipeline.stages.status_rows import stage_status_rows, status_changes
from vouch.reports.formatting import plain
from vouch.reports.summary import sentence
from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.documents.records import Listing
from vouch.schemas.errors import BudgetExceeded, RunRejected
from vouch.schemas.runs.record import RunRecord, Status

_log = logging.getLogger("vouch")


def run(request: RunRequest, runner: Runner) -> RunRecord:
    """Do the run and return its record, also where its verdict is reject.

    Raises other `VouchError`s where the run cannot be finished. In every such case nothing that
    readers see has changed, and finished shards are reused by the next run.
    """
    with open_run(request) as (run, record):
        runner.started(record, request.source_names)
        listings = list_sources(run, runner)
        plan = runner.stage("plan", lambda: make_approved_plan(run, listings))
        run = process(run, plan, runner)
        # Only from here on must no other run publish: staging takes minutes or hours, in which the
        # hourly run goes through beside a backfill.
        with run.locks.publisher():
            plan = replan_if_stale(run, plan, listings)
            run = process(run, plan, runner)
            audited = runner.stage("audit", lambda: audit(run, record, listings, plan))
            published = runner.stage(
                "publish", lambda: publish_or_refuse(run, audited.record, audited.changeset)
            )
            closed = runner.stage(
                "report", lambda: close(run, published, audited.changeset, audited.data_docs)
            )
    with crossing(Boundary.SHOW_RESULT):
        runner.finished(closed)
    return closed


def require_accepted(record: RunRecord) -> RunRecord:
    """Return the record; raise `RunRejected` where its verdict is reject."""
    if record.status is Status.REJECTED:
        reason = plain(sentence(record))
        raise RunRejected(
            f"run {record.run_id} was rejected and published nothing: {reason} Why, and what to "
            f"do: `vouch explain {record.run_id}`; its report is {record.report}"
        )
    return record


def list_sources(run: Run, runner: Runner) -> list[Listing]:
    """Return what each source in scope lists.

    Where only stored text is processed again, return what the index has as if it were listed.
    """
    if run.scope.from_index:
        return indexed_listings(run)
    listings = dict(run.request.listings)
    for name in run.request.source_names:
        if name not in listings:
            listings[name] = runner.stage(
                f"list {name}", partial(list_source, run, name), retry=True
            )
    return [listings[name] for name in run.request.source_names]


@crossing(Boundary.LIST)
def list_source(run: Run, name: str) -> Listing:
    """List one source."""
    with run.timer.measure("list"):
        listing = run.sources[name].list()
    run.timer.add("list", 0, len(listing.items), "documents")
    return listing


def indexed_listings(run: Run) -> list[Listing]:
    """Return the published documents as listings of their sources.

    They are never complete, so that nothing is removed on their account.
    """
    listed = StoredRows.read(run.tables).published_items()
    in_scope = run.scope.sources or listed
    return [
        Listing(name, items, (), complete=False)
        for name, items in listed.items()
        if name in in_scope
    ]


@crossing(Boundary.PLAN)
def make_plan(run: Run, listings: Sequence[Listing]) -> Plan:
    """Decide what to do with each document, from the listings and the state of the index."""
    with run.timer.measure("plan"):
        rows = StoredRows.read(run.tables)
        return planner.make_plan(
            rows, listings, run.fingerprints, run.scope, run.settings, run.stamp.at
        )


def make_approved_plan(run: Run, listings: Sequence[Listing]) -> Plan:
    """Make the plan, and refuse one that goes beyond what the request and the settings allow."""
    plan = make_plan(run, listings)
    saved = run.request.saved_plan
    if saved is not None:
        saved.refuse_stale(SavedPlan.of(plan, run.file.sha256))
    if not run.request.allow_mass_delete:
        plan.refuse_mass_delete(run.settings.index)
    check_spending(run, plan)
    counts = ", ".join(f"{count:,} {action}" for action, count in plan.counts.items())
    _log.info("run %s: planned %s", run.run_id, counts or "no documents")
    if first := sum(planned.why == FIRST_CHANGE_TIME for planned in plan.decided):
        _log.warning(
            "run %s: %s files are read once, because the index does not have their change times "
            "yet; of equal bytes nothing is parsed",
            run.run_id,
            f"{first:,}",
        )
    return plan


def check_spending(run: Run, plan: Plan) -> None:
    """Raise `BudgetExceeded` where the plan goes beyond what the settings allow to be spent.

    What an earlier run has staged costs nothing: a run that a cap has stopped can continue.
    """
    ledger, today = run.workspace.ledger, now().date()
    if plan.of(*WORK) and not ledger.has_month(today):
        month = datetime(today.year, today.month, 1, tzinfo=UTC)
        ledger.begin_month(today, runs_since(run.tables, month))
    caps = caps_of(run.settings, ledger, run.run_id)

    def refuse(part: Plan) -> None:
        part = _without_vectors_of_shadows(run, part)
        expected = estimate(part, run.tables, run.settings.embedding)
        refuse_overspending(expected, run.settings.run, caps)

    try:
        refuse(plan)
    except BudgetExceeded:
        shards = cut_shards(plan, run.fingerprints, run.settings.run, run.scope.redo, run.run_id)
        staged = run.staging.finished(shard.name for shard in shards)
        missing = [shard.documents for shard in shards if shard.name not in staged]
        refuse(replace(plan, decided=tuple(chain.from_iterable(missing))))


def _without_vectors_of_shadows(run: Run, plan: Plan) -> Plan:
    """Return the plan without the documents of which a shadow has all vectors: they cost nothing.

    The plan of a shadow's own update has none of these.
    """
    prints, chunked_again = run.fingerprints, any(each.from_text for each in plan.decided)
    if run.request.shadow or not chunked_again:
        return plan
    for shadow in run.workspace.shadows:
        stale = difference(run.tables, shadow, prints.embedding, prints.chunk).stale
        kept = (each for each in plan.decided if not each.from_text or each.document_id in stale)
        plan = replace(plan, decided=tuple(kept))
    return plan


def replan_if_stale(run: Run, plan: Plan, listings: Sequence[Listing]) -> Plan:
    """Return the plan, or a new one for the same listings where another run has published since.

    Only under the publisher's lock: otherwise the new plan could be stale again.
    """
    planned_on = run.tables.versions()
    recover(run)
    if run.tables.versions() == planned_on:
        return plan
    plan = make_plan(run, listings)
    # The estimate is not compared again: what it was about is mostly staged by now.
    if not run.request.allow_mass_delete:
        plan.refuse_mass_delete(run.settings.index)
    return plan


def process(run: Run, plan: Plan, runner: Runner) -> Run:
    """Stage the shards of the plan that no run has staged yet; return the run with its shards."""
    observer().stage("fetch, parse, chunk, check, embed")
    shards = cut_shards(plan, run.fingerprints, run.settings.run, run.scope.redo, run.run_id)
    marked = stage_status_rows(run, plan)
    # The smallest first: embedding takes longest, and begins with the first shard that is parsed.
    finished = run.staging.finished(shard.name for shard in shards)
    missing = sorted((shard for shard in shards if shard.name not in finished), key=len)
    run = run.with_shards(
        [*marked, *(shard.name for shard in shards)],
        [*marked, *(shard.name for shard in missing)],
    )
    if missing and run.settings.run.cluster is None:
        run.workspace.start_processes()
    elif missing:
        run.workspace.begin_generation()
    if plan.of(*WORK, Action.REMOVED) or any(status_changes(plan)):
        # The audit's libraries take seconds to import; the processes start meanwhile.
        preload_audit_libraries()
    observer().expect("documents", sum(len(shard) for shard in missing))
    jobs = [ShardJob.of(run.request, run.fingerprints, shard, plan) for shard in missing]
    with shard_workers(run, len(jobs)) as workers:
        runner.map_shards(workers, jobs)
    return run
