"""Runs: what each did, and its reports."""

import re
from collections.abc import Callable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from vouch.index.store.run_log import published_before, read_run, without_secrets
from vouch.index.store.tables import Tables
from vouch.reports.run_report import render_run
from vouch.reports.summary import headline, sentence, tone
from vouch.schemas.errors import NotFound
from vouch.schemas.runs.record import Outcome, RunRecord, Status
from vouch.service.answers import RunAnswer
from vouch.service.api import caller_of
from vouch.service.callers import Caller
from vouch.service.pages.forms import number
from vouch.service.pages.rendering import REPORT_POLICY, page, protected
from vouch.service.problems import forbidden
from vouch.service.service import SearchService
from vouch.storage.location import Location

T = TypeVar("T")
_LISTED, _MOST = 20, 500
_FILE = re.compile(r"[a-z0-9][a-z0-9._-]*\.html")
_TONES = {
    Status.PUBLISHED: "good",
    Status.UNCHANGED: "good",
    Status.REJECTED: "bad",
    Status.FAILED: "bad",
}


class RunPages:
    """The pages below `/runs`.

    Reports and messages of checks name documents, so a caller that is bound to a profile does not
    see them.
    """

    def __init__(self, service: SearchService) -> None:
        self._service = service

    def runs(self, request: Request) -> Response:
        """List the newest runs."""
        limit = min(max(number(request.query_params, "n", _LISTED), 1), _MOST)
        answer = self._service.runs(caller_of(request), limit)
        is_full = len(answer.runs) == limit < _MOST
        return page(
            request,
            "runs.html.j2",
            runs=answer.runs,
            tones={run.id: _TONES.get(Status(run.status), "warn") for run in answer.runs},
            seconds=_seconds,
            verdict=_verdict,
            run_id=answer.run_id,
            more=min(limit * 5, _MOST) if is_full else 0,
        )

    def run(self, request: Request, run_id: str) -> Response:
        """Show what a run did."""
        caller = caller_of(request)
        run = self._service.run(caller, run_id)
        record = None if caller.profile else self._record(run.id)
        failed = [check for check in run.checks or () if check.outcome != Outcome.PASSED]
        return page(
            request,
            "run.html.j2",
            run=run,
            tone=tone(record) if record else _TONES.get(Status(run.status), "warn"),
            headline=headline(record) if record else _verdict(run).capitalize(),
            sentence=sentence(record) if record else "",
            facts=_facts(run),
            checks=failed,
            has_report=record is not None,
            has_data_docs=record is not None and (self._data_docs(run.id) / "index.html").is_file(),
            can_compare=run.status in (Status.REJECTED, Status.STAGED, Status.PUBLISHED)
            and not run.is_served,
        )

    def report(self, request: Request, run_id: str) -> Response:
        """Return the report of a run, made of its record as it is now."""
        _require_all(caller_of(request))

        def rendered(tables: Tables) -> str:
            record = read_run(tables, run_id)
            return render_run(without_secrets(record), published_before(tables, record.run_id))

        return protected(HTMLResponse(self._read(rendered)), REPORT_POLICY)

    def data_docs(self, request: Request, run_id: str, name: str) -> Response:
        """Return a page of Great Expectations' results of a run."""
        _require_all(caller_of(request))
        file = self._data_docs(self._record(run_id).run_id) / name
        if not _FILE.fullmatch(name) or not file.is_file():
            raise NotFound(f"no Data Docs of the run {run_id[:40]} are kept")
        return protected(HTMLResponse(file.read_bytes()), REPORT_POLICY)

    def _data_docs(self, run_id: str) -> Location:
        return self._service.file.report_location / "data_docs" / run_id

    def _record(self, run_id: str) -> RunRecord:
        return self._read(lambda tables: read_run(tables, run_id))

    def _read(self, work: Callable[[Tables], T]) -> T:
        with self._service.state() as state:
            return work(state.index.searcher.tables)


def _require_all(caller: Caller) -> None:
    """Raise `Refused` for a caller that does not see all documents."""
    if caller.profile is not None:
        raise forbidden("reports name documents of all profiles; your key is bound to one")


def _verdict(run: RunAnswer) -> str:
    warned = run.verdict == "accept_with_warnings" and run.status == Status.PUBLISHED
    return f"{run.status}, with warnings" if warned else run.status


def _seconds(run: RunAnswer) -> float | None:
    return (run.ended_at - run.started_at).total_seconds() if run.ended_at else None


def _facts(run: RunAnswer) -> list[tuple[str, str | None]]:
    return [
        ("kind", run.kind),
        ("status", run.status),
        ("verdict", (run.verdict or "").replace("_", " ")),
        ("documents published", f"{run.published:,}"),
        ("removed", f"{run.removed:,}"),
        ("in quarantine", f"{run.quarantined:,}"),
        ("chunks published", f"{run.chunks_published:,}"),
        ("served now", "yes" if run.is_served else None),
    ]
