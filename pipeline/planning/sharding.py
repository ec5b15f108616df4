"""Cuts the work of a plan into shards, each under a name that says what it will be made from.

A shard that is staged under its name need not be made again, whichever run made it. The cuts depend on the documents near
them only, so that one more document leaves the other shards what they were.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from vouch.parsers.registry import PARSERS, parse_fingerprint
from vouch.pipeline.planning.plan import WORK, Plan, Planned
from vouch.schemas.choices import Redo
from vouch.schemas.ids import fingerprint
from vouch.schemas.records import Fingerprints
from vouch.schemas.settings import RunSettings

_FORMAT = 2  # raise when what a shard holds changes in a way that no fingerprint tells


class Shard:
    """Documents that go through the pipeline together. A plain class: Prefect looks into dataclasses, one by one."""

    def __init__(self, name: str, documents: Sequence[Planned]) -> None:
        self.name = name
        self.documents = documents

    def __len__(self) -> int:
        return len(self.documents)


def shards(
    plan: Plan, now: Fingerprints, limits: RunSettings, redo: Redo | None, run_id: str
) -> list[Shard]:
    """The documents to be worked on, in shards bounded in number and bytes."""
    recipe = _recipe(now, redo)
    cut = _cut(plan.of(*WORK), limits)
    return [
        Shard(shard_name("shard", recipe, [_signature(one, run_id) for one in shard]), shard)
        for shard in cut
    ]


def shard_name(kind: str, *parts: object) -> str:
    """The same for the same parts."""
    return f"{kind}-{fingerprint({'parts': parts})}"


def _cut(documents: Sequence[Planned], limits: RunSettings) -> Iterator[list[Planned]]:
    shard: list[Planned] = []
    size = 0
    for planned in documents:
        bytes_ = 0 if planned.from_text else planned.item.size or 0
        if shard and (
            len(shard) >= 2 * limits.shard_documents or size + bytes_ > limits.shard_mb * 1_000_000
        ):
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
    """All that the rows of a shard depend on besides its documents."""
    return {
        "format": _FORMAT,
        "parsers": [parse_fingerprint(parser.name, now.amend, now.ocr) for parser in PARSERS],
        "stages": [now.chunk, now.check, now.embedding, now.limits],
        "contracts": sorted(now.contracts.items()),
        "fetch": sorted(now.fetch.items()),
        "redo": redo,
    }


def _signature(planned: Planned, run_id: str) -> list[object]:
    item, held = planned.item, planned.held or {}
    # Where nothing tells one state of a file from the next, what was staged by another run proves nothing.
    told = "text" if planned.from_text else item.etag or item.modified
    state = told.isoformat() if isinstance(told, datetime) else told or run_id
    made = (planned.from_text, planned.current, held.get("run_id"), held.get("remove_after"))
    return [planned.document_id, item.size, state, *made]
