"""Documents: their canonical text, and the pages of a PDF, with what is cited marked."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from vouch.schemas.errors import NotFound
from vouch.service.answers import DocumentAnswer
from vouch.service.api import caller_of
from vouch.service.pages.forms import number
from vouch.service.pages.page_images import PDF, PageImages
from vouch.service.pages.rendering import page
from vouch.service.pages.text_parts import extent, text_part
from vouch.service.service import SearchService
from vouch.workers.page_pictures import PagePicture


class DocumentPages:
    """The pages below `/documents`."""

    def __init__(self, service: SearchService) -> None:
        self._service = service
        self._images = PageImages(service.file)

    def document(self, request: Request, document_id: str) -> Response:
        """Show a part of a document's text: that with the number `part`, else that of the span."""
        start, end = _span(request)
        chosen = number(request.query_params, "part", 0) or None
        first, length = extent(start, end, chosen)
        document = self._service.document(
            caller_of(request), document_id, start=first, length=length
        )
        if first and not document.text:
            raise NotFound(f"the document has {document.char_count:,} characters, and no such part")
        part = text_part(document.text, first, document.char_count, start, end)
        span = {"start": start, "end": end} if end > start else {}
        own = f"/documents/{document_id}"
        return page(
            request,
            "document.html.j2",
            document=document,
            facts=_facts(document),
            part=part,
            has_span=any(piece.text for piece in part.cited),
            cited_elsewhere=f"{own}?{urlencode(span)}#cited" if span else "",
            own=own,
            span=urlencode(span),
            sheets=f"{own}/pages/1?{urlencode(span)}" if document.media_type == PDF else "",
            run_id=document.run_id,
        )

    def sheet(self, request: Request, document_id: str, page_number: int) -> Response:
        """Show a page of a PDF as a picture, and say what is marked on it."""
        document, span, drawn = self._drawn(request, document_id, page_number)
        own, query = f"/documents/{document_id}", urlencode(span)
        return page(
            request,
            "sheet.html.j2",
            document=document,
            number=page_number,
            drawn=drawn,
            says=_says(drawn) if span else "",
            picture=f"{own}/pages/{page_number}.png?{query}",
            text=f"{own}?{query}#cited",
            sheet=lambda other: f"{own}/pages/{other}?{query}",
            run_id=document.run_id,
        )

    def picture(self, request: Request, document_id: str, page_number: int) -> Response:
        """Return the picture itself."""
        _, _, drawn = self._drawn(request, document_id, page_number)
        return Response(drawn.png, media_type="image/png")

    def _drawn(
        self, request: Request, document_id: str, page_number: int
    ) -> tuple[DocumentAnswer, dict[str, int], PagePicture]:
        start, end = _span(request)
        caller = caller_of(request)
        document = self._service.document(caller, document_id, length=0)
        passage, span = "", {}
        if end > start:
            passage = self._service.context(caller, document_id, start, end, 0).text
            span = {"start": start, "end": end}
        return document, span, self._images.draw(document, page_number, passage)


def _span(request: Request) -> tuple[int, int]:
    start = number(request.query_params, "start", 0)
    return start, max(start, number(request.query_params, "end", 0))


def _says(drawn: PagePicture) -> str:
    if drawn.marked:
        return "What is cited is marked."
    if drawn.has_text:
        return (
            "What is cited is not marked: its words are not on this page in this order. It may be "
            "on the page before or after, in a table, or read from a picture."
        )
    return (
        "What is cited is not marked: the page is a picture, so its file does not say where the "
        "words are."
    )


def _facts(document: DocumentAnswer) -> list[tuple[str, str | None]]:
    changed = document.source_modified_at
    size = f"{document.size:,} bytes" if document.size is not None else None
    return [
        ("source", document.source),
        ("address", document.uri),
        ("author", document.author),
        ("kind", document.media_type),
        ("language", document.language),
        ("size", size),
        ("changed", f"{changed:%d %B %Y, %H:%M} UTC" if changed else None),
        ("chunks", f"{document.chunk_count:,}"),
        ("read by", document.parser),
        ("sha256 of the file", document.content_sha256),
    ]
