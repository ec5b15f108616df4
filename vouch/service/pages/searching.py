"""The search, and what it found."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import get_args
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from vouch.index.search.explanation import reasons
from vouch.index.search.hit import Place
from vouch.schemas.errors import EmbeddingError, SettingsError
from vouch.schemas.search_options import Mode
from vouch.schemas.settings.choices import Breadth
from vouch.service.answers import HitAnswer
from vouch.service.api import caller_of
from vouch.service.pages.forms import SearchForm
from vouch.service.pages.judging import may_judge
from vouch.service.pages.marking import Piece, excerpt, pieces, words_in
from vouch.service.pages.page_images import PDF
from vouch.service.pages.rendering import in_words, page
from vouch.service.problems import Refused, as_refusal
from vouch.service.service import SearchService

Fact = tuple[str, str | None]
"""A name and a value, as people read them; without a value it is not shown."""


@dataclass(frozen=True, slots=True)
class ShownHit:
    """A hit as a person reads it."""

    chunk_id: str
    title: str | None
    uri: str
    citation: str
    language: str | None
    score: float
    address: str
    pages: str
    judge: str
    pieces: list[Piece]
    excerpt: list[Piece]
    facts: list[Fact]
    why: list[Fact]
    also: list[tuple[str, str]]
    more_places: int


class SearchPages:
    """The page at `/`, and what can be filtered."""

    def __init__(self, service: SearchService) -> None:
        self._service = service

    def search(self, request: Request) -> Response:
        """Show the form, and the passages that it finds."""
        caller = caller_of(request)
        form = SearchForm.of(request.query_params)
        answer, problem, status = None, "", HTTPStatus.OK
        if form.q:
            try:
                answer = self._service.search(caller, form.request())
            except (SettingsError, EmbeddingError, Refused) as error:
                refused = as_refusal(error)
                problem, status = refused.detail, refused.status
        profiles = self._service.profiles(caller).profiles
        chosen = caller.profile or form.profile
        health = self._service.health()
        return page(
            request,
            "search.html.j2",
            status,
            form=form,
            problem=problem,
            answer=answer,
            hits=[shown(hit, form.q) for hit in answer.hits] if answer else [],
            wider=form.address(breadth="broad"),
            profiles=profiles,
            bound=caller.profile,
            parameters=[
                name for each in profiles if each.name == chosen for name in each.parameters
            ],
            modes=get_args(Mode),
            breadths=get_args(Breadth),
            longest=self._service.settings.max_query_chars,
            most=self._service.settings.max_k,
            feedback=may_judge(self._service),
            run_id=health.run_id,
            started_at=health.started_at,
        )

    def fields(self, request: Request) -> Response:
        """Show by what a search can be filtered."""
        answer = self._service.fields(caller_of(request))
        return page(request, "fields.html.j2", fields=answer.fields, run_id=answer.run_id)


def address_of(place: HitAnswer | Place) -> str:
    """Return the address of a document, at this place of it."""
    span = urlencode({"start": place.char_start, "end": place.char_end})
    return f"/documents/{place.document_id}?{span}#cited"


def shown(hit: HitAnswer, query: str) -> ShownHit:
    """Return a hit as a person reads it."""
    cut = excerpt(hit.text, query)
    is_joined = len(hit.chunk_ids) > 1
    best = (hit.best_start - hit.char_start, hit.best_end - hit.char_start) if is_joined else None
    span = {"start": hit.char_start, "end": hit.char_end}
    document = f"/documents/{hit.document_id}"
    has_pages = hit.media_type == PDF and hit.page_start is not None
    judged = {"q": query, "document": hit.document_id, **span}
    return ShownHit(
        chunk_id=hit.chunk_id,
        title=hit.title,
        uri=hit.uri,
        citation=hit.citation,
        language=hit.language,
        score=hit.score,
        address=address_of(hit),
        pages=f"{document}/pages/{hit.page_start}?{urlencode(span)}" if has_pages else "",
        judge=f"/feedback?{urlencode(judged)}",
        pieces=pieces(hit.text, best, words_in(hit.text, query)),
        excerpt=pieces(cut, words=words_in(cut, query)) if cut != hit.text else [],
        facts=[
            ("source", hit.source),
            ("address", hit.uri),
            ("headings", " › ".join(hit.heading_path)),
            ("kind", hit.media_type),
            ("language", hit.language),
            ("changed", f"{hit.source_modified_at:%d %B %Y}" if hit.source_modified_at else None),
            ("made of", ", ".join(hit.element_types)),
            ("noticed", ", ".join(hit.flags)),
            *in_words(hit.fields).items(),
        ],
        why=list(reasons(hit.explanation)) if hit.explanation else [],
        also=[(place.citation, address_of(place)) for place in hit.places[1:]],
        more_places=hit.more_places,
    )
