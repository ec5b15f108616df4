"""From what is staged to the end of a run: audit, publish or refuse, report. Takes no server."""

from flows.begin import Begun
from flows.judge import judge
from flows.memory import give_back
from flows.outcome import outcome
from flows.progress import observer
from flows.stages import close, describe, publish_or_refuse
from schemas.run import RunRecord


def conclude(one: Begun) -> RunRecord:
    """The closed record; only under the publisher's lock, once all that the plan wants is staged."""
    run, plan = one.run, one.plan
    assert plan is not None
    observer().stage("audit")
    run.sandbox.rest()
    give_back()
    result = outcome(run, plan)
    record = describe(run, one.record, one.listings, plan, result)
    record = judge(run, record, result, one.options)
    result.forget()
    give_back()
    observer().stage("publish")
    record = publish_or_refuse(run, record, result, one.options.publish)
    observer().stage("report")
    record = close(run, record)
    one.closed = True
    return record
