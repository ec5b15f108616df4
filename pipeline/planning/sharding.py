"""Cuts the work of a plan into shards, each under a name that depends on everything it is made
from.

A shard that is staged under its name need not be made again, whichever run made it. A cut depends
on the documents near it only, so that one more document leaves the other shards as they are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vouch.parsers.registry import PARSERS, parse_fingerprint
from vouch.pipeline.planning.plan import WORK, Plan, Planned
from vouch.schemas.documents.ids import fingerprint
from vouch.schemas.documents.records import Fingerprints
from vouch.schemas.settings.choices import Redo
from vouch.schemas.settings.run import RunSettings

_FORMAT = 3  # raise it when the content of a shard changes in a way that no fingerprint shows


@dataclass(frozen=True, slots=True)
class Shard:
    """Documents that are processed together."""

    name: str
    documents: tuple[Planned, ...]

    def __len__(self) -> int:
        return len(self.documents)


def cut_shards(
    plan: Plan, now: Fingerprints, limits: RunSettings, redo: Redo | None, run_id: str
) -> list[Shard]:
    """Return the documents to be processed, in shards bounded in number and bytes."""
    recipe = _recipe(now, redo)
    return [
        Shard(
            shard_name("shard", recipe, [_signature(planned, run_id) for planned in documents]),
            tuple(documents),
        )
        for documents in _cut(plan.of(*WORK), limits)
    ]


def shard_name(kind: str, *parts: object) -> str:
    """Return a name that is the same for the same parts."""
    return f"{kind}-{fingerprint({'parts': parts})}"


def _cut(documents: Sequence[Planned], limits: RunSettings) -> Iterator[list[Planned]]:
    """Cut where a document's id says so: the cuts are then the same whatever comes before."""
    shard: list[Planned] = []
    size = 0
    for planned in documents:
        # Stored text is read row by row; only fetched files are in memory together.
        bytes_ = 0 if planned.from_text else planned.item.size or 0
        is_full = len(shard) >= 2 * limits.shard_documents
        if shard and (is_full or size + bytes_ > limits.shard_mb * 1_000_000):
            yield shard
            shard, size = [], 0
        shard.append(planned)
        size += bytes_
        if int(planned.document_id[:8], 16) % limits.shard_documents == 0:
            yield shard
            shard, size = [], 0
    if shard:
        yield shard


def _recipe(now: Fingerprints, redo: Redo | None) -> dict[str, Any]:
    """Return all that the rows of a shard depend on besides its documents."""
    return {
        "format": _FORMAT,
        "parsers": [parse_fingerprint(parser.name, now.conditions) for parser in PARSERS],
        "engines": sorted(
            (source, sorted(chosen.items())) for source, chosen in now.engines.items()
        ),
        "stages": [now.chunk, now.check, now.embedding, now.limits],
        "contracts": sorted(now.contracts.items()),
        "fetch": sorted(now.fetch.items()),
        "redo": redo,
    }


def _signature(planned: Planned, run_id: str) -> list[object]:
    """Return what the rows of one document depend on.

    Where nothing distinguishes one state of a file from the next, the run's own id does: then a
    shard that another run staged proves nothing about this one.
    """
    item, row = planned.item, planned.indexed or {}
    version: str | datetime | None = item.etag or item.modified
    if planned.from_text:
        version = "text"
    elif item.always_read:
        version = None
    state = version.isoformat() if isinstance(version, datetime) else version or run_id
    processing = (planned.from_text, planned.current, row.get("run_id"), row.get("remove_after"))
    return [planned.document_id, item.size, state, *processing]
