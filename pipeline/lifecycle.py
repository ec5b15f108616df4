"""A run on its way, and how it begins and ends: all that takes no server.

A run is begun by its flow, or, at the terminal, before there is one (`vouch.pipeline.local_runner`); then the flow takes it up where it is.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from vouch.index.store.run_log import write_run
from vouch.pipeline.audit.publication import fail, held_listings, plan_documents, recover
from vouch.pipeline.context.notifications import began, ended
from vouch.pipeline.context.progress_observer import observer
from vouch.pipeline.context.run_context import Run, open_run
from vouch.pipeline.context.scope import Scope
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.planning.cost_estimate import estimate, refuse_overspending
from vouch.pipeline.planning.plan import Plan
from vouch.pipeline.planning.saved_plan import SavedPlan
from vouch.reports.words import plain, sentence
from vouch.schemas.errors import RunRejected, note_recorded
from vouch.schemas.records import Listing
from vouch.schemas.run import RunRecord, Status

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Options:
    """What a person may say to one run.

    `saved` is a plan that must still be the right one. `golden` are golden queries (the text of their file) on which the
    candidate is compared with what is published. Without `publish` the candidate stays staged beside the published state.
    `listed` are listings that need not be made again.
    """

    allow_mass_delete: bool = False
    wait_s: float = 0.0
    saved: SavedPlan | None = None
    golden: str | None = None
    publish: bool = True
    listed: dict[str, Listing] = field(default_factory=dict)


class Step(Protocol):
    """Does the work of a stage."""

    def __call__(self, stage: str, work: Callable[[], T]) -> T:
        """What the work gives, or raises."""


def do_now(stage: str, work: Callable[[], T]) -> T:
    """Here, and told to who watches."""
    observer().stage(stage)
    return work()


@dataclass(slots=True)
class Begun:
    """A run with its record; its listings and its plan where it has come so far. `closed`: its record says how it ended.

    `step` does a stage's work under the stage's name: a flow makes a task of it.
    """

    run: Run
    record: RunRecord
    options: Options
    listings: Sequence[Listing] = ()
    plan: Plan | None = None
    closed: bool = False
    step: Step = do_now


_handed: ContextVar[Begun | None] = ContextVar("handed", default=None)


@contextmanager
def begun(
    file: SettingsFile, scope: Scope, options: Options, *, known_to_server: bool = True
) -> Iterator[Begun]:
    """The run that this process has begun before its flow, else a new one. What ends it early is in its record."""
    handed = _handed.get()
    if handed is not None:
        _handed.set(None)
        with handed.run.locks.publisher():
            handed.record = _written(handed.run, handed.record, known_to_server)
        yield handed
        return
    with open_run(file, scope, options.wait_s) as run:
        with run.locks.publisher():
            recover(run)
            one = Begun(run, _written(run, run.begin_record(), known_to_server), options)
        began(file, run.tables, one.record)
        try:
            yield one
        except BaseException as error:
            if not one.closed:
                fail(run, one.record, error)
            note_recorded(error)
            raise
        finally:
            ended(file, run.tables, run.run_id)


def _written(run: Run, record: RunRecord, known_to_server: bool) -> RunRecord:
    record = record.model_copy(update={"known_to_server": known_to_server})
    write_run(run.tables, record)
    return record


@contextmanager
def handed_on(one: Begun) -> Iterator[None]:
    """The flow that is called within the block takes the run up."""
    token = _handed.set(one)
    try:
        yield
    finally:
        _handed.reset(token)


def list_one(run: Run, name: str) -> Listing:
    """What a source holds."""
    with run.clock.measure("list"):
        listing = run.sources[name].list()
    run.clock.add("list", 0, len(listing.items), "documents")
    return listing


def take_stock(one: Begun, list_source: Callable[[Run, str], Listing]) -> Plan:
    """List and plan, unless that is done; `list_source` is `list_one`, or a task of it. Raises for what nobody agreed to."""
    if one.plan is None:
        observer().stage("list")
        one.listings = _listings(one, list_source)
        one.plan = one.step("plan", lambda: _agreed(one, plan_documents(one.run, one.listings)))
    return one.plan


def still_right(one: Begun, plan: Plan) -> Plan:
    """The plan, or a new one on the same listings where another run has published since; only under the publisher's lock."""
    planned_on = one.run.tables.versions()
    recover(one.run)
    if one.run.tables.versions() != planned_on:
        one.plan = plan = plan_documents(one.run, one.listings)
        if not one.options.allow_mass_delete:
            plan.refuse_mass_delete(one.run.settings.index)
    return plan


def _listings(one: Begun, list_source: Callable[[Run, str], Listing]) -> list[Listing]:
    """What the sources hold, or, where the text that the index keeps is all that is needed, what the index holds."""
    if one.run.scope.from_index:
        return held_listings(one.run)
    listed = one.options.listed
    for name in one.run.source_names:
        if name not in listed:
            listed[name] = list_source(one.run, name)
    return [listed[name] for name in one.run.source_names]


def _agreed(one: Begun, plan: Plan) -> Plan:
    """The plan, unless it does what nobody has agreed to."""
    options, run = one.options, one.run
    if options.saved is not None:
        options.saved.refuse_stale(SavedPlan.of(plan, run.file.sha256))
    if not options.allow_mass_delete:
        plan.refuse_mass_delete(run.settings.index)
    refuse_overspending(estimate(plan, run.tables), run.settings.run)
    return plan


def refuse_rejected(record: RunRecord) -> RunRecord:
    """Raise `RunRejected` where the verdict said no."""
    if record.status is Status.REJECTED:
        why = plain(sentence(record))
        raise RunRejected(
            f"run {record.run_id} was rejected and published nothing: {why}. Its report is {record.report}"
        )
    return record
