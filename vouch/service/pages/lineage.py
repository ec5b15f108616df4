"""The lineage of a chunk: from the source's file to the index, each step verified."""

import logging
import threading
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from vouch.pipeline.operations.trace import trace_chunk
from vouch.schemas.process.environment import mask_secrets
from vouch.service.answers import ProofAnswer, TraceAnswer, TracedDocument
from vouch.service.api import caller_of
from vouch.service.pages.marking import pieces
from vouch.service.pages.rendering import in_words, page
from vouch.service.problems import Refused
from vouch.service.service import SearchService

_log = logging.getLogger("vouch.service")
_STATES = {True: ("good", "proved"), False: ("bad", "broken"), None: ("warn", "not checked")}
_OF_FILE = ("file", "parse")
_UNREAD = "the file could not be read; the log of the service says why"
_LATER = "the file is read and parsed again only where you ask for it"


@dataclass(frozen=True, slots=True)
class ShownProof:
    """A proof as a person reads it."""

    name: str
    tone: str
    state: str
    detail: str

    @classmethod
    def of(cls, proof: ProofAnswer) -> "ShownProof":
        tone, state = _STATES[proof.holds]
        return cls(proof.name, tone, state, proof.detail)


@dataclass(frozen=True, slots=True)
class Step:
    """A step on the way from the source to the index."""

    name: str
    facts: list[tuple[str, str | None]]
    proofs: list[ShownProof] = field(default_factory=list)

    @property
    def tone(self) -> str:
        """The tone of the proof that says least good: bad before warn before good."""
        tones = [proof.tone for proof in self.proofs]
        return next((tone for tone in ("bad", "warn", "good") if tone in tones), "plain")


class LineagePages:
    """The pages below `/chunks`."""

    def __init__(self, service: SearchService) -> None:
        self._service = service
        self._parsing = threading.BoundedSemaphore(1)

    def chunk(self, request: Request, chunk_id: str) -> Response:
        """Show the lineage of a chunk; with `file`, its file is read and parsed again."""
        answer = self._service.trace(caller_of(request), chunk_id)
        # What an attached file is attached to may not be for this caller to see.
        is_listed = answer.documents[0].parent_id is None
        reads_file = bool(request.query_params.get("file")) and is_listed
        proofs = answer.proofs
        if reads_file:
            proofs = self._proofs_of_file(chunk_id)
        elif is_listed:
            proofs = [
                *proofs,
                *(ProofAnswer(name=name, holds=None, detail=_LATER) for name in _OF_FILE),
            ]
        broken = [proof.name for proof in proofs if proof.holds is False]
        unchecked = [proof.name for proof in proofs if proof.holds is None]
        chunk = answer.chunk
        return page(
            request,
            "chunk.html.j2",
            chunk=chunk,
            pieces=pieces(chunk.text),
            address=f"/documents/{chunk.document_id}?start={chunk.char_start}"
            f"&end={chunk.char_end}#cited",
            can_read_file=is_listed and not reads_file,
            steps=_steps(answer, [ShownProof.of(proof) for proof in proofs]),
            tone="bad" if broken else "warn" if reads_file and unchecked else "good",
            headline=_headline(broken, reads_file=reads_file, unchecked=unchecked),
            sentence=f"{sum(proof.holds is True for proof in proofs)} of {len(proofs)} steps are "
            + (f"proved; broken: {', '.join(broken)}." if broken else "proved."),
            run_id=answer.run_id,
        )

    def _proofs_of_file(self, chunk_id: str) -> list[ProofAnswer]:
        """Return all proofs, as `vouch trace` does. Raises `Refused` where others wait too."""
        if not self._parsing.acquire(timeout=30):
            raise Refused(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "busy",
                "other files are being parsed; try again in a moment",
                10,
            )
        try:
            traced = trace_chunk(self._service.file, chunk_id)
        finally:
            self._parsing.release()
        proofs = [ProofAnswer.model_validate(proof) for proof in traced.proofs]
        for proof in proofs:
            if (proof.name, proof.holds) == ("file", None):
                # The message may name a place of this machine.
                _log.warning("chunk %s: %s", chunk_id, mask_secrets(proof.detail))
        return [
            proof.model_copy(update={"detail": _UNREAD})
            if (proof.name, proof.holds) == ("file", None)
            else proof
            for proof in proofs
        ]


def _headline(broken: list[str], *, reads_file: bool, unchecked: list[str]) -> str:
    if broken:
        return "The lineage is broken"
    if not reads_file:
        return "Proved within the index"
    return "Proved as far as it could be checked" if unchecked else "Every step is proved"


def _steps(answer: TraceAnswer, proofs: list[ShownProof]) -> list[Step]:
    chunk, run = answer.chunk, answer.run
    of = {proof.name: proof for proof in proofs}

    def some(*names: str) -> list[ShownProof]:
        return [of[name] for name in names if name in of]

    documents = [
        Step(
            "Attached file" if document.parent_id else "File of the source",
            _facts_of(document),
            some("file") if document is answer.documents[-1] else [],
        )
        for document in answer.documents
    ]
    parser = answer.documents[-1]
    pages = f"{chunk.page_start} to {chunk.page_end}" if chunk.page_start is not None else None
    return [
        *documents,
        Step(
            "Parser",
            [
                ("read by", parser.parser),
                ("fingerprint", parser.parse_fingerprint),
                ("sha256 of the text", parser.canonical_sha256),
            ],
            some("parse"),
        ),
        Step(
            "Chunk",
            [
                ("id", chunk.chunk_id),
                ("characters", f"{chunk.char_start:,} to {chunk.char_end:,}"),
                ("pages", pages),
                ("headings", " › ".join(chunk.heading_path)),
                ("made of", ", ".join(chunk.element_types)),
                ("cut by", chunk.chunk_fingerprint),
            ],
            some("span", "identity", "text"),
        ),
        Step(
            "Model",
            [
                ("generation", chunk.embedding_fingerprint),
                ("tokens", f"{chunk.token_count:,}"),
                ("sha256 of what was embedded", chunk.embedded_sha256),
            ],
            some("vector"),
        ),
        Step(
            "Run",
            [
                ("id", run.run_id),
                ("kind", run.kind),
                ("began", f"{run.started_at:%d %B %Y, %H:%M} UTC"),
                ("code", run.code_version),
            ],
        ),
    ]


def _facts_of(document: TracedDocument) -> list[tuple[str, str | None]]:
    changed = document.source_modified_at
    return [
        ("source", document.source),
        ("address", document.uri),
        ("kind", document.media_type),
        ("sha256", document.content_sha256),
        ("size", f"{document.size:,} bytes" if document.size is not None else None),
        ("changed", f"{changed:%d %B %Y, %H:%M} UTC" if changed else None),
        *in_words(document.fields).items(),
    ]
