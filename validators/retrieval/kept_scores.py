"""The scores of a state by query, as the record of its run keeps them.

A later run takes them from there where it cannot search that state any more, because its model is
gone, and trends compare the same queries over weeks. A query is known by its definition: scores of
a query that was changed since are not its scores. Packed, a thousand queries take some 20 kB, which
are read only where they are needed.
"""

import base64
import json
import zlib
from collections.abc import Sequence
from typing import Any

from vouch.schemas.runs.retrieval import Retrieval
from vouch.validators.retrieval.golden_queries import GoldenQuery
from vouch.validators.retrieval.scoring import Scores, metric_names

_DIGITS = 4


def pack_scores(golden: Sequence[GoldenQuery], scores: Scores) -> str:
    """Return scores as text: by digest the metrics, whether it is a breach, and its leak."""
    kept: dict[str, tuple[list[float] | None, int, float | None]] = {}
    for query in golden:
        metrics = scores.by_query.get(query.id)
        names = metric_names(scores.k)
        values = None if metrics is None else [round(metrics[name], _DIGITS) for name in names]
        leak = scores.leaks.get(query.id)
        is_breach = int(query.id in scores.breaches)
        kept[query.digest] = (values, is_breach, None if leak is None else round(leak, _DIGITS))
    text = json.dumps(kept, separators=(",", ":"))
    return base64.b85encode(zlib.compress(text.encode(), 9)).decode("ascii")


def kept_scores(golden: Sequence[GoldenQuery], retrieval: Retrieval) -> Scores:
    """Return the candidate's scores of a record, of those queries that were defined as they are.

    It has none where the record was written by an earlier version.
    """
    kept: dict[str, Any] = {}
    for part in (retrieval, *retrieval.profiles.values()):
        if part.scores:
            kept |= json.loads(zlib.decompress(base64.b85decode(part.scores)))
    there = [query for query in golden if query.digest in kept]
    names = metric_names(retrieval.k)
    scores = Scores(retrieval.k, {}, searched=frozenset(query.id for query in there))
    for query in there:
        values, is_breach, leak = kept[query.digest]
        if query.answers:
            scores.by_query[query.id] = values and dict(zip(names, values, strict=True))
        if is_breach:
            scores.breaches[query.id] = ""
        if leak is not None:
            scores.leaks[query.id] = leak
    return scores
