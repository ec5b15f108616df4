"""The one record that travels through the stages of a shard."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from vouch.index.store.row_builders import Row
from vouch.pipeline.planning.plan import Planned
from vouch.schemas.records import Origin, Reject, Stage
from vouch.workers.sandbox import Parsed


@dataclass(frozen=True, slots=True)
class ProcessedDocument:
    """A document, and what the stages have made of it so far. Each stage returns a new one with its
    part filled in.

    `planned` is None for an attachment, which is at `depth` 1 or more. `parsed` is None where
    the document was rejected before, or where its bytes turned out `unchanged`. `chunks` are the
    rows of the chunks that are not rejected; `row` is the document's own row once the document is
    checked. `dropped_fields` are keys of its metadata that the source's contract leaves out of the
    index.
    """

    origin: Origin
    planned: Planned | None = None
    depth: int = 0
    parsed: Parsed | None = None
    unchanged: bool = False
    remove_after: datetime | None = None
    rejects: tuple[Reject, ...] = ()
    dropped_fields: frozenset[str] = frozenset()
    chunks: tuple[Row, ...] = ()
    row: Row | None = None

    def rejected(self, stage: Stage, reason: str, message: str) -> "ProcessedDocument":
        """Return the document as rejected as a whole."""
        return self.with_rejects([Reject(stage, reason, message)])

    def with_rejects(self, rejects: Sequence[Reject]) -> "ProcessedDocument":
        return replace(self, rejects=(*self.rejects, *rejects))

    @property
    def whole_reject(self) -> Reject | None:
        """The reject for which nothing of the document is published; None where some of it is.

        A reject without a span is the document's own. Chunks may each be rejected by themselves; a
        document that is left without any is rejected for the first of those reasons.
        """
        for reject in self.rejects:
            if reject.span is None:
                return reject
        lost_all = not self.chunks and self.parsed is not None and len(self.parsed.chunks) > 0
        return self.rejects[0] if lost_all else None

    @property
    def is_sound(self) -> bool:
        """Whether it was parsed and nothing of it is rejected so far."""
        return self.parsed is not None and not self.rejects
