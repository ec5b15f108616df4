"""The run's record in figures: breakdowns of the candidate, rejects with examples, changes."""

from collections.abc import Mapping, Sequence

import polars as pl

from vouch.index.publishing.candidate import Candidate
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.planning.plan import Action, Plan, Planned
from vouch.schemas.records import Listing
from vouch.schemas.run import Bin, Breakdown, Change, Example, Group, RejectGroup, SourceSummary
from vouch.schemas.table_source import TableSource

_EXAMPLES = 5
_CHANGES = 300
_TOKEN_STEP = 25
_CHAR_EDGES = (
    0,
    500,
    1_000,
    2_000,
    5_000,
    10_000,
    20_000,
    50_000,
    100_000,
    500_000,
    1_000_000,
    100_000_000,
)


def breakdown(candidate: Candidate) -> Breakdown:
    """What the index holds after the run, by source, format, language and length."""
    documents, chunks = candidate.documents, candidate.chunks
    of_chunk = chunks.join(
        documents.select("document_id", "media_type"), on="document_id", how="left"
    )
    published = documents.filter(pl.col("status") == "published")
    return Breakdown(
        by_source=_groups("source", documents, chunks),
        by_format=_groups("media_type", documents, of_chunk),
        by_language=_groups("language", published, chunks),
        chunk_tokens=_token_bins(chunks["token_count"]),
        document_chars=_char_bins(published["char_count"]),
    )


def _groups(column: str, documents: pl.DataFrame, chunks: pl.DataFrame) -> tuple[Group, ...]:
    quarantined = (pl.col("status") == "quarantined").sum()
    published = (pl.col("status") == "published").sum()
    left = documents.group_by(column).agg(
        published.alias("documents"), quarantined.alias("quarantined")
    )
    right = chunks.group_by(column).agg(pl.len().alias("chunks"))
    joined = left.join(right, on=column, how="full", coalesce=True, nulls_equal=True).fill_null(0)
    rows = joined.sort(
        ["chunks", "documents", "quarantined", column],
        descending=[True, True, True, False],
        nulls_last=True,
    )
    return tuple(
        Group(**(row | {"name": row["name"] or "unknown"}))
        for row in rows.rename({column: "name"}).to_dicts()
    )


def _token_bins(tokens: pl.Series) -> tuple[Bin, ...]:
    if tokens.is_empty():
        return ()
    counts = dict((tokens // _TOKEN_STEP).value_counts().iter_rows())
    last = max(counts)
    return tuple(
        Bin(low=step * _TOKEN_STEP, high=(step + 1) * _TOKEN_STEP, count=counts.get(step, 0))
        for step in range(last + 1)
    )


def _char_bins(chars: pl.Series) -> tuple[Bin, ...]:
    bins = [
        Bin(low=low, high=high, count=int(((chars >= low) & (chars < high)).sum()))
        for low, high in zip(_CHAR_EDGES, _CHAR_EDGES[1:], strict=False)
    ]
    last = max((number for number, one in enumerate(bins) if one.count), default=-1)
    return tuple(bins[: last + 1])


def rejects(run: Run) -> tuple[RejectGroup, ...]:
    """This run's rejects by stage and reason, most first."""
    staged = run.staging.frame("quarantine", ("stage", "reason", "uri", "message"))
    groups = [
        RejectGroup(
            stage=str(stage), reason=str(reason), count=rows.height, examples=_examples(rows)
        )
        for (stage, reason), rows in staged.group_by("stage", "reason")
    ]
    return tuple(sorted(groups, key=lambda group: (-group.count, group.stage, group.reason)))


def _examples(rows: pl.DataFrame) -> tuple[Example, ...]:
    return tuple(
        Example(**row)
        for row in rows.sort("uri").head(_EXAMPLES).select("uri", "message").to_dicts()
    )


def filtered(plan: Plan) -> tuple[RejectGroup, ...]:
    """Documents that a rule keeps out, by rule."""
    rules: dict[str, list[str]] = {}
    for planned in plan.of(Action.FILTERED):
        rules.setdefault(str(planned.rule), []).append(planned.item.uri)
    return tuple(
        RejectGroup(
            stage="list",
            reason=rule,
            count=len(uris),
            examples=tuple(
                Example(uri=uri, message=f"kept out by the rule {rule}")
                for uri in sorted(uris)[:_EXAMPLES]
            ),
        )
        for rule, uris in sorted(rules.items())
    )


def changes(plan: Plan, renamed: Mapping[str, str]) -> tuple[Change, ...]:
    """The first few documents of each kind of change."""
    told = (
        Action.REMOVED,
        Action.MISSING,
        Action.CHANGED,
        Action.REPROCESS,
        Action.RETRY,
        Action.NEW,
    )
    each = _CHANGES // len(told)
    return tuple(
        _change(one, renamed.get(one.document_id))
        for action in told
        for one in plan.of(action)[:each]
    )


def _change(one: Planned, before: str | None) -> Change:
    action, why = ("renamed", f"from {before}") if before else (str(one.action), one.why)
    return Change(action=action, source=one.item.source, uri=one.item.uri, why=why)


def source_summaries(run: Run, listings: Sequence[Listing]) -> tuple[SourceSummary, ...]:
    """How the listings went."""
    paths = {
        source.name: source.place if isinstance(source, TableSource) else source.path
        for source in run.settings.sources
    }
    return tuple(
        SourceSummary(
            name=listing.source,
            path=paths.get(listing.source, ""),
            listed=len(listing.items) + len(listing.filtered),
            filtered=len(listing.filtered),
            complete=listing.complete or run.scope.from_index,
            problems=listing.problems[:_EXAMPLES],
            since=listing.since,
        )
        for listing in listings
    )
