"""Two states side by side: what is published, and what a run would publish."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from vouch.schemas.errors import VouchError
from vouch.schemas.runs.record import RunRecord, Status
from vouch.schemas.runs.retrieval import QueryScore
from vouch.service.answers import HitAnswer, SearchRequest
from vouch.service.api import caller_of
from vouch.service.callers import Caller
from vouch.service.pages.candidates import Candidates
from vouch.service.pages.marking import Piece, excerpt, pieces, words_in
from vouch.service.pages.rendering import page
from vouch.service.problems import Refused, as_refusal
from vouch.service.service import SearchService

PUBLISHED = "published"
_EXCERPT = 300  # characters
_STATES = 30  # runs that are offered
_COMPARABLE = (Status.REJECTED, Status.STAGED, Status.PUBLISHED)


@dataclass(frozen=True, slots=True)
class SideHit:
    """A hit beside those of the other state; `move` says where it is there."""

    citation: str
    language: str | None
    pieces: list[Piece]
    move: str


@dataclass(frozen=True, slots=True)
class ShownSide:
    """What one state has found."""

    name: str
    hits: list[SideHit]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Golden:
    """The golden queries of a run that another state answers better or worse."""

    run_id: str
    queries: int
    lost: list[tuple[str, QueryScore]]
    won: list[tuple[str, QueryScore]]


class Comparing:
    """The page at `/compare`."""

    def __init__(self, service: SearchService) -> None:
        self._service = service
        self._candidates = Candidates(service.file)

    def close(self) -> None:
        """Close the states that were opened."""
        self._candidates.close()

    def compare(self, request: Request) -> Response:
        """Show what two states find for a query, and the golden queries that differ."""
        caller = caller_of(request)
        given = request.query_params
        form = {
            "left": given.get("left") or PUBLISHED,
            "right": given.get("right", ""),
            "q": given.get("q", "").replace("\x00", "").strip(),
        }
        with self._service.state() as state:
            records = state.index.runs(_STATES)
            states = [
                (PUBLISHED, f"{state.run_id}, which is searched here"),
                *(
                    _state(record)
                    for record in records
                    if record.status in _COMPARABLE and record.run_id != state.run_id
                ),
            ]
        if not form["right"]:
            form["right"] = next((run for run, _ in states[1:]), PUBLISHED)
        sides: list[ShownSide] = []
        is_same = False
        if form["q"]:
            results = [self._searched(caller, form["q"], form[side]) for side in ("left", "right")]
            names = dict(states)
            labels = [names.get(form[side], form[side]) for side in ("left", "right")]
            sides = _beside(labels, results, form["q"])
            spans = [[_place(hit) for hit in hits] for hits, _ in results]
            is_same = spans[0] == spans[1] and not any(problem for _, problem in results)
        return page(
            request,
            "compare.html.j2",
            form=form,
            states=states,
            sides=sides,
            is_same=is_same,
            # Golden queries name documents of all profiles.
            golden=None if caller.profile else _golden(records, form),
            longest=self._service.settings.max_query_chars,
        )

    def _searched(self, caller: Caller, query: str, name: str) -> tuple[Sequence[HitAnswer], str]:
        """Return what a state finds, or why it cannot be searched."""
        try:
            asks = SearchRequest(query=query)
            if name == PUBLISHED:
                return self._service.search(caller, asks).hits, ""
            with self._candidates.index(name) as index:
                return self._service.search(caller, asks, index).hits, ""
        except (VouchError, Refused) as error:
            return (), as_refusal(error).detail


def _state(record: RunRecord) -> tuple[str, str]:
    kind = "earlier state" if record.status is Status.PUBLISHED else f"{record.status} candidate"
    return record.run_id, f"{record.run_id}, {kind}"


def _place(hit: HitAnswer) -> tuple[str, int, int]:
    return hit.document_id, hit.char_start, hit.char_end


def _beside(
    labels: Sequence[str], results: Sequence[tuple[Sequence[HitAnswer], str]], query: str
) -> list[ShownSide]:
    ranks = [{_place(hit): rank for rank, hit in enumerate(hits, 1)} for hits, _ in results]
    sides = []
    for label, (hits, problem), opposite in zip(labels, results, reversed(ranks), strict=True):
        shown = []
        for rank, hit in enumerate(hits, 1):
            there = opposite.get(_place(hit))
            move = "" if there == rank else f"there {there}" if there else "only here"
            text = excerpt(hit.text, query, _EXCERPT)
            marked = pieces(text, words=words_in(text, query))
            shown.append(SideHit(hit.citation, hit.language, marked, move))
        sides.append(ShownSide(label, shown, problem))
    return sides


def _golden(records: Sequence[RunRecord], form: dict[str, str]) -> Golden | None:
    """Return what the record of the right run says of golden queries, else that of the left."""
    by_id = {record.run_id: record for record in records}
    for side in ("right", "left"):
        record = by_id.get(form[side])
        if record is not None and record.retrieval is not None:
            scored = record.retrieval
            return Golden(
                record.run_id,
                scored.queries,
                [(_address(form, query), query) for query in scored.lost],
                [(_address(form, query), query) for query in scored.won],
            )
    return None


def _address(form: dict[str, str], query: QueryScore) -> str:
    return f"/compare?{urlencode({**form, 'q': query.query})}"
