"""The one record that travels through the stages of a shard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from vouch.index.store.row_builders import Row
from vouch.pipeline.planning.plan import Planned
from vouch.schemas.documents.records import Origin, Reason, Reject, Stage
from vouch.schemas.documents.values import DeclaredField
from vouch.schemas.runs.record import PolicyFinding
from vouch.workers.sandbox import Parsed

ATTACHED = "#attachment/"
"""Separates the uri of a document from the number and name of a file in it."""


@dataclass(frozen=True, slots=True)
class ProcessedDocument:
    """A document, and what the stages have made of it so far. Each stage returns a new one with its
    part filled in.

    `planned` is None for an attachment, which is at `depth` 1 or more. `parsed` is None where
    the document was rejected before, or where its bytes turned out `unchanged`. `chunks` are the
    rows of the chunks that are not rejected; `row` is the document's own row once the document is
    checked. `fields` are what it is described by, without those that the source's contract leaves
    out of the index. `kept` are columns of the indexed row that stay as they are, of a document
    that is chunked again from its stored text. `findings` are those of the content policy.
    """

    origin: Origin
    planned: Planned | None = None
    depth: int = 0
    parsed: Parsed | None = None
    unchanged: bool = False
    kept: Mapping[str, Any] = field(default_factory=dict)
    rejects: tuple[Reject, ...] = ()
    fields: tuple[DeclaredField, ...] = ()
    chunks: tuple[Row, ...] = ()
    findings: tuple[PolicyFinding, ...] = ()
    row: Row | None = None

    def rejected(self, stage: Stage, reason: str, message: str) -> "ProcessedDocument":
        """Return the document as rejected as a whole."""
        return self.with_rejects([Reject(stage, reason, message)])

    def with_parsed(self, parsed: Parsed) -> "ProcessedDocument":
        """Return the document as it was parsed, with its damaged parts rejected."""
        rejects = [
            Reject(
                Stage.PARSE,
                part.reason,
                f"{part.name} cannot be read: {part.message.rstrip('.')}; the rest of the document "
                "is read. Correct it, or save it again in the program that it comes from",
                part=part.name,
            )
            # Names of which the same is masked would be one row.
            for part in {part.name: part for part in parsed.document.damaged}.values()
        ]
        return replace(self, parsed=parsed).with_rejects(rejects)

    def with_rejects(self, rejects: Sequence[Reject]) -> "ProcessedDocument":
        return replace(self, rejects=(*self.rejects, *rejects))

    @property
    def whole_reject(self) -> Reject | None:
        """The reject for which nothing of the document is published; None where some of it is.

        Chunks may each be rejected by themselves; a document that is left without any is rejected
        for the first of those reasons. A damaged part does not concern the rest.
        """
        rejects = [reject for reject in self.rejects if reject.part is None]
        for reject in rejects:
            if reject.is_whole:
                return reject
        lost_all = not self.chunks and self.parsed is not None and len(self.parsed.chunks) > 0
        return rejects[0] if rejects and lost_all else None

    @property
    def is_stopped(self) -> bool:
        """Whether a rule of a contract keeps all of it out of the index."""
        reject = self.whole_reject
        return reject is not None and reject.reason == Reason.CONTRACT

    @property
    def is_sound(self) -> bool:
        """Whether it was parsed and nothing of it is rejected so far but damaged parts."""
        return self.parsed is not None and all(reject.part for reject in self.rejects)
