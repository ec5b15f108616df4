"""Pages of PDFs as pictures: of the very bytes that are cited, or not at all."""

import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Mapping
from functools import cached_property

from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.schemas.documents.ids import sha256_bytes
from vouch.schemas.errors import DocumentRejected, NotFound, SourceError
from vouch.schemas.process.environment import mask_secrets
from vouch.service.answers import DocumentAnswer
from vouch.sources.base import Source
from vouch.sources.registry import open_source
from vouch.workers.page_pictures import PagePicture, draw_page

PDF = "application/pdf"
_ATTACHMENT = "#attachment/"
_MAX_KEPT = 64_000_000  # bytes of pictures
_AT_ONCE = 2  # processes that draw
_log = logging.getLogger("vouch.service")


class PageImages:
    """Draws pages of documents from the files of their sources.

    The last pictures are kept, as a page is asked for twice: for its description, and for itself.
    """

    def __init__(self, file: SettingsFile) -> None:
        self._file = file
        self._kept: OrderedDict[str, PagePicture] = OrderedDict()
        self._lock = threading.Lock()
        self._drawing = threading.BoundedSemaphore(_AT_ONCE)

    @cached_property
    def _sources(self) -> Mapping[str, Source]:
        settings = self._file.settings.sources
        return {source.name: open_source(source, self._file.folder) for source in settings}

    def draw(self, document: DocumentAnswer, number: int, passage: str) -> PagePicture:
        """Return a page, counted from 1, with a passage marked on it.

        Raises `NotFound`, with the reason for people, where it cannot be drawn.
        """
        key = f"{document.content_sha256} {number} {hashlib.sha256(passage.encode()).hexdigest()}"
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        with self._drawing:
            data = self._bytes(document)
            try:
                picture = draw_page(data, number, passage)
            except DocumentRejected as error:
                raise NotFound(error.message) from error
        with self._lock:
            self._kept[key] = picture
            while sum(len(kept.png) for kept in self._kept.values()) > _MAX_KEPT:
                self._kept.popitem(last=False)
        return picture

    def _bytes(self, document: DocumentAnswer) -> bytes:
        if document.media_type != PDF:
            raise NotFound("only pages of PDFs are shown as pictures")
        if _ATTACHMENT in document.uri:
            raise NotFound("the PDF is inside another file, so its pages are not shown as pictures")
        source = self._sources.get(document.source)
        if source is None:
            raise NotFound("the source of the document is no longer in the settings")
        try:
            data = source.fetch(document.uri).data
        except (SourceError, DocumentRejected) as error:
            # The message may name a place of this machine.
            _log.warning("%s", mask_secrets(str(error)))
            raise NotFound("the file of the document cannot be read any more") from error
        if sha256_bytes(data) != document.content_sha256:
            raise NotFound(
                "the file has changed since the run that the text comes from, so its page would be "
                "another one; the next run ingests the change"
            )
        return data
