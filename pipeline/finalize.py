"""From what is staged to the end of a run: audit, publish or refuse, report. Takes no server."""

from collections.abc import Callable

from vouch.pipeline.audit.changeset import Outcome, outcome
from vouch.pipeline.audit.embedding_gate import vectors_gate
from vouch.pipeline.audit.publication import close, describe, publish_or_refuse
from vouch.pipeline.audit.verdict import judge
from vouch.pipeline.context.allocator_tuning import give_back
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.lifecycle import Begun, still_right
from vouch.pipeline.planning.plan import Plan
from vouch.schemas.run import RunRecord

_SOME = (
    5_000  # chunks, of which what is read of all at once is worth the time that making room takes
)
_MANY = 100_000  # of which the audit takes as much memory as the model does


def conclude(one: Begun, stage: Callable[[Run, Plan], None]) -> RunRecord:
    """The closed record. Only here must no other run publish; `stage` makes what is missing where one has published since."""
    assert one.plan is not None
    with one.run.locks.publisher():
        plan = still_right(one, one.plan)
        stage(one.run, plan)
        return _concluded(one, plan)


def _concluded(one: Begun, plan: Plan) -> RunRecord:
    run = one.run
    judged, result = one.step("audit", lambda: _audited(one, plan))
    record = one.step(
        "publish", lambda: publish_or_refuse(run, judged, result, one.options.publish)
    )
    record = one.step("report", lambda: close(run, record))
    one.closed = True
    return record


def _audited(one: Begun, plan: Plan) -> tuple[RunRecord, Outcome]:
    """The record with its verdict, and what is to be published if it is accepted."""
    run = one.run
    result = outcome(run, plan)
    again = vectors_gate(run, result)
    _make_room(run, result)
    record = describe(run, one.record, one.listings, plan, result)
    record = judge(run, record, result, one.options, again)
    _let_go(result)
    return record, result


def _make_room(run: Run, result: Outcome) -> None:
    """For what is read of all chunks at once; where there are many, the model's room too: golden queries load it again."""
    if _reads_much(result):
        run.rest(embedding=result.intent.chunks >= _MANY)
        give_back()


def _let_go(result: Outcome) -> None:
    result.forget()
    if _reads_much(result):
        give_back()


def _reads_much(result: Outcome) -> bool:
    """Whether the audit does: where nothing changes there is none."""
    return result.changes and result.intent.chunks >= _SOME
