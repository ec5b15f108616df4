"""Summaries for the run's record: breakdowns of the candidate, rejects with examples, changes."""

from collections.abc import Mapping, Sequence
from heapq import nsmallest
from itertools import pairwise

import polars as pl

from vouch.index.publishing.states import Candidate
from vouch.index.store.staging import Staging
from vouch.pipeline.planning.plan import Action, Plan
from vouch.schemas.documents.records import Listing
from vouch.schemas.runs.record import (
    Bin,
    Breakdown,
    Change,
    Example,
    Group,
    RejectGroup,
    SourceSummary,
)
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.validators.row_parts import collect, part_count, parts_by

_EXAMPLES = 5
_CHANGES = 300
_SHOWN_CHANGES = (
    Action.REMOVED,
    Action.MISSING,
    Action.CHANGED,
    Action.REPROCESS,
    Action.RETRY,
    Action.NEW,
)
_TOKEN_STEP = 25
_CHAR_EDGES = (
    0, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 500_000, 1_000_000, 100_000_000,
)  # fmt: skip


def break_down(candidate: Candidate) -> Breakdown:
    """Count the candidate's documents and chunks by source, format, language and length."""
    documents, chunks = candidate.documents.lazy(), candidate.chunks.lazy()
    published = documents.filter(pl.col("status") == "published")
    return Breakdown(
        by_source=_groups("source", documents, _chunk_counts(chunks, "source")),
        by_format=_groups("media_type", documents, _chunks_by_format(candidate)),
        by_language=_groups("language", published, _chunk_counts(chunks, "language")),
        chunk_tokens=_token_bins(chunks),
        document_chars=_char_bins(published),
    )


def _chunk_counts(chunks: pl.LazyFrame, column: str) -> pl.DataFrame:
    return collect(chunks.group_by(column).agg(chunks=pl.len()))


def _chunks_by_format(candidate: Candidate) -> pl.DataFrame:
    """Return the number of chunks by the media type of their documents."""
    parts = part_count(candidate.documents, candidate.chunks)
    pairs = zip(
        parts_by(candidate.chunks, "document_id", ["document_id"], parts),
        parts_by(candidate.documents, "document_id", ["document_id", "media_type"], parts),
        strict=True,
    )
    counts = [
        chunks.join(formats, on="document_id", how="left").group_by("media_type").len("chunks")
        for chunks, formats in pairs
    ]
    return pl.concat(counts).group_by("media_type").agg(pl.col("chunks").sum())


def _groups(column: str, documents: pl.LazyFrame, by_chunk: pl.DataFrame) -> tuple[Group, ...]:
    """Count by the column's values, the most frequent first, `unknown` for null."""
    by_document = collect(
        documents.group_by(column).agg(
            documents=(pl.col("status") == "published").sum(),
            quarantined=(pl.col("status") == "quarantined").sum(),
        )
    )
    joined = by_document.join(by_chunk, on=column, how="full", coalesce=True, nulls_equal=True)
    rows = joined.fill_null(0).sort(
        ["chunks", "documents", "quarantined", column],
        descending=[True, True, True, False],
        nulls_last=True,
    )
    return tuple(
        Group(**(row | {"name": row["name"] or "unknown"}))
        for row in rows.rename({column: "name"}).to_dicts()
    )


def _token_bins(chunks: pl.LazyFrame) -> tuple[Bin, ...]:
    steps = chunks.group_by(step=pl.col("token_count") // _TOKEN_STEP).len()
    counts = dict(collect(steps).iter_rows())
    return tuple(
        Bin(low=step * _TOKEN_STEP, high=(step + 1) * _TOKEN_STEP, count=counts.get(step, 0))
        for step in range(max(counts, default=-1) + 1)
    )


def _char_bins(published: pl.LazyFrame) -> tuple[Bin, ...]:
    """Return the bins up to the last one that is not empty."""
    edges = list(pairwise(_CHAR_EDGES))
    chars = pl.col("char_count")
    sums = [((chars >= low) & (chars < high)).sum().alias(str(low)) for low, high in edges]
    counts = collect(published.select(sums)).row(0)
    bins = [
        Bin(low=low, high=high, count=count)
        for (low, high), count in zip(edges, counts, strict=True)
    ]
    while bins and not bins[-1].count:
        bins.pop()
    return tuple(bins)


def group_rejects(staging: Staging) -> tuple[RejectGroup, ...]:
    """Return this run's rejects by stage and reason, the most frequent first."""
    staged = staging.frame("quarantine", ("stage", "reason", "uri", "message"))
    groups = []
    for (stage, reason), rows in staged.group_by("stage", "reason"):
        first = rows.sort("uri").head(_EXAMPLES).select("uri", "message").to_dicts()
        examples = tuple(Example(**row) for row in first)
        groups.append(
            RejectGroup(stage=str(stage), reason=str(reason), count=rows.height, examples=examples)
        )
    return tuple(sorted(groups, key=lambda group: (-group.count, group.stage, group.reason)))


def group_filtered(plan: Plan) -> tuple[RejectGroup, ...]:
    """Return the documents that a rule filters, by rule."""
    by_rule: dict[str, list[str]] = {}
    for planned in plan.of(Action.FILTERED):
        by_rule.setdefault(str(planned.rule), []).append(planned.item.uri)
    return tuple(
        RejectGroup(
            stage="list",
            reason=rule,
            count=len(uris),
            examples=tuple(
                Example(uri=uri, message=f"filtered by the rule {rule}")
                for uri in sorted(uris)[:_EXAMPLES]
            ),
        )
        for rule, uris in sorted(by_rule.items())
    )


def list_changes(plan: Plan, renamed: Mapping[str, str]) -> tuple[Change, ...]:
    """Return the first few documents of each kind of change, by name.

    `renamed` are former uris by id.
    """
    changes = []
    for action in _SHOWN_CHANGES:
        count = _CHANGES // len(_SHOWN_CHANGES)
        for planned in nsmallest(count, plan.of(action), key=lambda planned: planned.item.uri):
            former = renamed.get(planned.document_id)
            changes.append(
                Change(
                    action="renamed" if former else str(action),
                    source=planned.item.source,
                    uri=planned.item.uri,
                    why=f"from {former}" if former else planned.why,
                )
            )
    return tuple(changes)


def summarize_sources(
    settings: Settings, listings: Sequence[Listing], *, from_index: bool
) -> tuple[SourceSummary, ...]:
    """Return how each source's listing went.

    Listings that a run takes `from_index` never are complete, and nothing is wrong with that.
    """
    paths = {source.name: source.place for source in settings.sources}
    return tuple(
        SourceSummary(
            name=listing.source,
            path=paths.get(listing.source, ""),
            listed=len(listing.items) + len(listing.filtered),
            filtered=len(listing.filtered),
            complete=listing.complete or from_index,
            problems=listing.problems[:_EXAMPLES],
            since=listing.since,
        )
        for listing in listings
    )
