"""Makes a shadow, and brings it up to date with what is published: a run of kind `shadow`.

It works as any run does up to staging, from the stored texts; instead of being published, its rows
are written into the shadow's own tables. Killed, it has changed nothing, or is repeated from the
shards that it has staged.
"""

import logging
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from secrets import token_hex

from vouch.embedders.models import find_model
from vouch.index.lineage.impact import roots_of
from vouch.index.shadows.shadow import Difference, Shadow, ShadowState, difference, write_rows
from vouch.index.store.publication_columns import now
from vouch.index.store.run_log import newest_published, write_run
from vouch.index.store.tables import Tables
from vouch.pipeline.audit.publication import note_generation
from vouch.pipeline.audit.run_summary import group_rejects
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.context.scope import Scope
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.lifecycle import open_run
from vouch.pipeline.planning.cost_estimate import estimate
from vouch.pipeline.planning.dry_run import dry_run, tables_of
from vouch.pipeline.planning.plan import Plan
from vouch.pipeline.planning.stored_rows import StoredRows
from vouch.pipeline.run import check_spending, indexed_listings, make_plan, process
from vouch.pipeline.run_request import RunRequest
from vouch.pipeline.runner import Runner
from vouch.pipeline.shadows.comparison import compared
from vouch.pipeline.shadows.needs import Needs, needs
from vouch.reports.run_report import write_run_report
from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.documents.records import Listing
from vouch.schemas.errors import IndexError_, SettingsError
from vouch.schemas.runs.cost import Requests, Spending, Spent
from vouch.schemas.runs.record import RunRecord, Status
from vouch.schemas.settings.choices import Redo

_log = logging.getLogger("vouch")
KIND = "shadow"


@dataclass(frozen=True, slots=True)
class Update:
    """What is to be done to bring a shadow up to date, and what that takes."""

    shadow: Shadow
    state: ShadowState
    tables: Tables
    difference: Difference
    plan: Plan
    needs: Needs
    of_run: str
    """The run that published what it is brought up to."""

    @property
    def replaced(self) -> set[str]:
        """The ids of the documents whose rows in the shadow are replaced, or removed."""
        roots = [planned.document_id for planned in self.plan.decided]
        return {*roots, *self.plan.attached_to(roots), *self.difference.gone}


def request_update(file: SettingsFile, name: str, wait_s: float = 0.0) -> RunRequest:
    """Return the request for a run that brings a shadow up to date.

    Raises `SettingsError` where the settings have no such shadow, `IndexError_` where nothing is
    published.
    """
    of_shadow = file.of_shadow(name)
    if tables_of(file) is None:
        raise IndexError_("nothing is published yet, so there is nothing to make a shadow of")
    # All documents again, whatever the published ones were made with: the shadow's own rows say
    # which of them it has.
    scope = Scope(KIND, redo=Redo.CHUNK, from_index=True)
    return RunRequest(of_shadow, scope, wait_s=wait_s, shadow=name)


def update(request: RunRequest, runner: Runner, *, follows: bool = False) -> RunRecord:
    """Bring the shadow of the request up to date, and return the record of that.

    Where it `follows` a run, that is what the runner shows. Nothing published changes. Raises
    `VouchError`s where it cannot be done, `StorageError` where there is not enough room.
    """
    with open_run(request) as (run, record):
        if not follows:
            runner.started(record, request.source_names)
        todo = runner.stage("plan", lambda: plan_update(run))
        _log.info("shadow %s: %s", request.shadow, todo.needs)
        if not todo.state.complete:
            todo.needs.refuse_lack_of_room(f"shadow {request.shadow}")
        if todo.plan.decided:
            check_spending(run, todo.plan)
        todo = replace(todo, state=_note_start(run, todo.shadow, todo.state))
        run = process(run, todo.plan, runner)
        with run.locks.publisher():
            # By which later updates, and the switch, see whether the model has changed.
            note_generation(run)
        staged = run.staging.summaries()
        rejects = group_rejects(run.staging)
        state = runner.stage("write", lambda: _write(run, todo))
        figures = runner.stage(
            "compare", lambda: compared(run, todo.shadow, state, todo.tables.latest())
        ).model_copy(
            update={
                "embedded": sum(summary.vectors_computed for summary in staged),
                "reused": sum(summary.vectors_reused for summary in staged),
            }
        )
        record = record.model_copy(update={"rejects": rejects, "shadows": (figures,)})
        closed = runner.stage("report", lambda: _close(run, record))
    if not follows:
        runner.finished(closed)
    return closed


def preview(file: SettingsFile, name: str) -> Needs:
    """Return what it takes to make a shadow, or to bring it up to date. Changes nothing."""
    request = request_update(file, name)
    tables = Tables.open(file.index_location)
    seen = dry_run(request.file, request.scope, published_listings(tables))
    shadow, prints, plan = Shadow.of(file.index_location, name), seen.fingerprints, seen.plan
    if (state := shadow.state()) is not None:
        differs = difference(tables, shadow.tables(state), prints.embedding, prints.chunk)
        plan = _of_roots(plan, roots_of(tables, differs.stale))
    settings = request.settings.embedding
    dimension = find_model(settings, file.folder).dimension
    return needs(file, tables, estimate(plan, tables, settings), dimension)


def published_listings(tables: Tables) -> list[Listing]:
    """Return the published documents as listings of their sources, which are never complete."""
    listed = StoredRows.read(tables).published_items()
    return [Listing(source, items, (), complete=False) for source, items in listed.items()]


def _of_roots(plan: Plan, roots: Collection[str]) -> Plan:
    """Return the part of a plan that is about these documents and what is attached to them."""
    # Of an index of an early version the texts lack their structure: those would have to be read.
    decided = [each for each in plan.decided if each.document_id in roots and each.from_text]
    return replace(plan, decided=tuple(decided), unchanged=())


def plan_update(run: Run) -> Update:
    """Plan what makes the run's shadow, or brings it up to date. Nothing is read but the index."""
    name, prints = run.request.shadow, run.fingerprints
    with run.locks.publisher():  # so that run and documents are of one state
        tables = run.tables.latest()
        published = newest_published(tables)
    if published is None:
        raise IndexError_("nothing is published yet, so there is nothing to make a shadow of")
    shadow = Shadow.of(run.file.index_location, name)
    coming = shadow.next_state()
    if coming is not None and coming.embedding_fingerprint == prints.embedding:
        shadow.replace_by_next()  # a switch was cut short after it had changed the settings
    state = shadow.state() or ShadowState(
        data=token_hex(4),
        embedding_fingerprint=prints.embedding,
        chunk_fingerprint=prints.chunk,
        model=run.settings.embedding.model,
        dimension=run.card.dimension,
    )
    if state.embedding_fingerprint != prints.embedding:
        raise SettingsError(
            f"shadow {name} was made with {state.model}, and its settings name another model now; "
            f"give the new one another name, or remove the old one: `vouch shadows remove {name}`"
        )
    own = shadow.tables(state, run.settings.index.vectors)
    differs = difference(tables, own, prints.embedding, prints.chunk)
    plan = _of_roots(make_plan(run, indexed_listings(run)), roots_of(tables, differs.stale))
    expected = estimate(plan, tables, run.settings.embedding)
    return Update(
        shadow,
        state.model_copy(update={"chunk_fingerprint": prints.chunk}),
        own,
        differs,
        plan,
        needs(run.file, tables, expected, run.card.dimension),
        published.run_id,
    )


def _note_start(run: Run, shadow: Shadow, state: ShadowState) -> ShadowState:
    """Note that this run works on the shadow, and what one before it has spent that was killed."""
    spent = state.spending
    if state.working:
        spent = _sum([spent, run.workspace.ledger.of_run(state.working)])
    state = state.model_copy(update={"working": run.run_id, "spending": spent})
    shadow.write(state)
    shadow.remove_leftovers()
    return state


def _write(run: Run, todo: Update) -> ShadowState:
    """Write what is staged into the shadow, and note that it is up to date."""
    run.locks.require()
    replaced = todo.replaced
    if replaced:
        with run.timer.measure("write", run.staging.rows("chunks"), "chunks"):
            write_rows(
                todo.tables,
                run.staging,
                replaced,
                todo.difference.runs,
                run.stamp,
                run.settings.index,
            )
    spent = _sum([todo.state.spending, run.workspace.ledger.of_run(run.run_id)])
    update = {
        "complete": True,
        "up_to_run": todo.of_run,
        "updated_at": now(),
        "spending": spent,
        "working": "",
    }
    state = todo.state.model_copy(update=update)
    todo.shadow.write(state)
    run.staging.discard()
    return state


def _sum(parts: Iterable[Spending]) -> Spending:
    """Return what was spent by day, whatever the source, at prices that may differ."""
    tokens: Counter[date] = Counter()
    amounts: dict[date, Decimal | None] = {}
    price, currency, requests = None, "", Requests()
    for part in parts:
        requests += part.requests
        if part.rows:
            price, currency = part.price_per_million_tokens, part.currency
        for row in part.rows:
            tokens[row.day] += row.tokens
            if row.amount is not None:
                amounts[row.day] = (amounts.get(row.day) or Decimal(0)) + row.amount
    rows = (
        Spent(day=day, source="", tokens=count, amount=amounts.get(day))
        for day, count in sorted(tokens.items())
    )
    return Spending(
        currency=currency, price_per_million_tokens=price, rows=tuple(rows), requests=requests
    )


@crossing(Boundary.REPORT)
def _close(run: Run, record: RunRecord) -> RunRecord:
    """Write the report and the final record."""
    spending = run.workspace.ledger.of_run(run.run_id)
    record = record.model_copy(
        update={
            "status": Status.UNCHANGED,
            "window": f"shadow {run.request.shadow}",
            "ended_at": now(),
            "stages": run.timer.costs(),
            "tokens_embedded": spending.tokens,
            "spending": spending,
            "shards": len(run.staging.names),
            "shards_resumed": len(run.resumed),
        }
    )
    with run.locks.publisher():
        report = write_run_report(record, run.file.report_location, run.tables)
        record = record.model_copy(update={"report": report.url})
        write_run(run.tables, record)
    return record
