"""Cuts the work of a plan into shards, each under a name that says what it will be made from.

A shard that is staged under its name need not be made again, whichever run made it. The cuts depend on the documents near
them only, so that one more document leaves the other shards what they were.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from flows.context import Run
from flows.plan import WORK, Plan, Planned
from parsers.registry import PARSERS, parse_fingerprint
from schemas.ids import fingerprint
from schemas.settings import RunSettings

_FORMAT = 1  # raise when what a shard holds changes in a way that no fingerprint tells


class Shard:
    """Documents that go through the pipeline together. A plain class: Prefect looks into dataclasses, one by one."""

    def __init__(self, name: str, documents: Sequence[Planned]) -> None:
        self.name = name
        self.documents = documents

    def __len__(self) -> int:
        return len(self.documents)


def shards(run: Run, plan: Plan) -> list[Shard]:
    """The documents to be worked on, in shards bounded in number and bytes."""
    recipe = _recipe(run)
    cut = _cut(plan.of(*WORK), run.settings.run)
    return [Shard(shard_name("shard", recipe, [_signature(run, one) for one in shard]), shard) for shard in cut]


def shard_name(kind: str, *parts: object) -> str:
    """The same for the same parts."""
    return f"{kind}-{fingerprint({'parts': parts})}"


def _cut(documents: Sequence[Planned], limits: RunSettings) -> Iterator[list[Planned]]:
    shard: list[Planned] = []
    size = 0
    for planned in documents:
        bytes_ = 0 if planned.from_text else planned.item.size or 0
        if shard and (len(shard) >= 2 * limits.shard_documents or size + bytes_ > limits.shard_mb * 1_000_000):
            yield shard
            shard, size = [], 0
        shard.append(planned)
        size += bytes_
        if int(planned.document_id[:8], 16) % limits.shard_documents == 0:
            yield shard
            shard, size = [], 0
    if shard:
        yield shard


def _recipe(run: Run) -> dict[str, Any]:
    """All that the rows of a shard depend on besides its documents."""
    now = run.fingerprints
    return {
        "format": _FORMAT,
        "parsers": [parse_fingerprint(parser.name) for parser in PARSERS],
        "stages": [now.chunk, now.check, now.embedding, now.limits],
        "fetch": sorted(now.fetch.items()),
        "redo": run.scope.redo,
    }


def _signature(run: Run, planned: Planned) -> list[object]:
    item, held = planned.item, planned.held or {}
    # Where nothing tells one state of a file from the next, what was staged by another run proves nothing.
    told = item.etag or item.modified
    state = told.isoformat() if isinstance(told, datetime) else told or run.run_id
    made = (planned.from_text, planned.current, held.get("run_id"), held.get("remove_after"))
    return [planned.document_id, item.size, state, *made]
