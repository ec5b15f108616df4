"""Estimates what a run will cost, before it spends anything."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from vouch.index.store.run_log import list_runs
from vouch.index.store.tables import Tables
from vouch.pipeline.context.budget import Cap
from vouch.pipeline.planning.plan import WORK, Plan, Planned
from vouch.schemas.errors import BudgetExceeded
from vouch.schemas.runs.cost import money, price_of
from vouch.schemas.settings.embedding import EmbeddingSettings
from vouch.schemas.settings.run import RunSettings

# Defaults for an index without a run to learn from, which rather say too much: bytes a chunk and
# bytes a token in text, and in files that hold much besides text. Measured on documentation in
# Markdown and reStructuredText: 400 to 440 bytes a chunk, 3.8 to 4.4 a token. The rate is that of
# two cores of a small machine.
_BYTES_PER_CHUNK = 300.0
_BYTES_PER_TOKEN = 3.0
_BYTES_PER_CHUNK_OF_RICH_FILES = 700.0
_BYTES_PER_TOKEN_OF_RICH_FILES = 8.0
_RICH_FILES = (
    ".pdf", ".doc", ".docx", ".ppt", ".pptx", ".xls", ".xlsx", ".rtf", ".html", ".htm",
    ".eml", ".mbox", ".msg",
)  # fmt: skip
_TOKENS_PER_DOCUMENT = 20.0  # of its title and headings, which are embedded with its text
_TOKENS_PER_CHUNK = 140.0
_CHUNKS_PER_SECOND = 30.0
_RUNS = 30  # what a run longer ago did says little about this machine and these documents
_ENOUGH_CHUNKS = 100  # fewer, and the run's fixed costs would be taken for its rate


@dataclass(frozen=True, slots=True)
class SourceEstimate:
    """The part of one source; `cost` is None without a price."""

    source: str
    documents: int
    chunks: int
    tokens: int
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A rough estimate: from sizes of files, as if no text were indexed yet.

    For a first run it is an upper one. `cost` is in `currency`, and None without a price.
    """

    documents: int
    chunks: int
    tokens: int
    minutes: float
    cost: Decimal | None = None
    currency: str = ""
    sources: tuple[SourceEstimate, ...] = ()

    @property
    def shown_cost(self) -> str:
        """The cost with its currency, for people; empty without a price."""
        return money(self.cost, self.currency)


def estimate(
    plan: Plan, tables: Tables | None, embedding: EmbeddingSettings = EmbeddingSettings()
) -> Estimate:
    """Estimate what the plan processes; `tables` is None where there is no index yet."""
    rates = _Rates.of(plan, tables)
    work: dict[str, list[Planned]] = {}
    for planned in plan.of(*WORK):
        work.setdefault(planned.item.source, []).append(planned)
    price = embedding.price_per_million_tokens
    sources = tuple(rates.estimate(source, work[source], price) for source in sorted(work))
    chunks = sum(part.chunks for part in sources)
    tokens = sum(part.tokens for part in sources)
    return Estimate(
        sum(part.documents for part in sources),
        chunks,
        tokens,
        chunks / rates.chunks_per_second / 60,
        price_of(tokens, price),
        embedding.currency,
        sources,
    )


def refuse_overspending(
    expected: Estimate, settings: RunSettings, caps: Sequence[Cap] = ()
) -> None:
    """Raise `BudgetExceeded` where the estimate is beyond a limit or a cap of the settings."""
    limits = (
        ("documents", expected.documents, settings.max_documents),
        ("tokens", expected.tokens, settings.max_tokens),
    )
    for unit, count, limit in limits:
        if limit is not None and count > limit:
            raise BudgetExceeded(
                f"the run would take about {count:,} {unit}, more than run.max_{unit} ({limit:,}) "
                "allows; nothing was spent. Look at `vouch plan`; if it is right, re-run with a "
                f"higher --max-{unit}"
            )
    for cap in caps:
        if expected.cost is not None and expected.cost > cap.left:
            raise BudgetExceeded(
                f"the run would cost about {expected.shown_cost}, and {cap}; nothing was spent. "
                f"Look at `vouch plan`; if it is right, {cap.way_out}"
            )


@dataclass(frozen=True, slots=True)
class _Rates:
    """What the indexed documents, and the runs that made them, say about other ones.

    `bytes_per_chunk` and `tokens_per_chunk` are None where there is nothing to learn from.
    """

    bytes_per_chunk: float | None
    tokens_per_chunk: float | None
    chunks_per_second: float

    @classmethod
    def of(cls, plan: Plan, tables: Tables | None) -> "_Rates":
        """Return the means of the index, and those of the newest recent run that embedded a good
        number of chunks.
        """
        per_chunk = plan.indexed.bytes_per_chunk
        for record in list_runs(tables, _RUNS) if tables else []:
            chunks = record.accounting.vectors_computed
            # A run that resumed shards embedded less than its duration suggests.
            if chunks >= _ENOUGH_CHUNKS and record.seconds and not record.shards_resumed:
                of_texts = record.tokens_embedded - record.spending.tokens_of_no_source
                return cls(per_chunk, of_texts / chunks or None, chunks / record.seconds)
        return cls(per_chunk, None, _CHUNKS_PER_SECOND)

    def estimate(
        self, source: str, work: Iterable[Planned], price: Decimal | None
    ) -> SourceEstimate:
        """Estimate what documents of one source take."""
        sizes = [self._chunks_and_tokens(planned) for planned in work]
        chunks = round(sum(chunks for chunks, _ in sizes))
        tokens = round(sum(tokens for _, tokens in sizes))
        return SourceEstimate(source, len(sizes), chunks, tokens, price_of(tokens, price))

    def _chunks_and_tokens(self, planned: Planned) -> tuple[float, float]:
        """Estimate the chunks and tokens of one document, which has at least one chunk."""
        size, indexed = planned.item.size or 0, planned.indexed
        chunks = None
        if indexed and indexed["chunk_count"]:
            # It takes as many as before for its size; the stored text has not changed.
            before = indexed["size"] if not planned.from_text else 0
            chunks = indexed["chunk_count"] * (size / before if before else 1.0)
        elif self.bytes_per_chunk:
            chunks = size / self.bytes_per_chunk
        if chunks is not None:
            chunks = max(1.0, chunks)
            return chunks, chunks * (self.tokens_per_chunk or _TOKENS_PER_CHUNK)
        is_rich = planned.item.uri.lower().endswith(_RICH_FILES)
        per_token = _BYTES_PER_TOKEN_OF_RICH_FILES if is_rich else _BYTES_PER_TOKEN
        per_chunk = _BYTES_PER_CHUNK_OF_RICH_FILES if is_rich else _BYTES_PER_CHUNK
        # A chunk ends with its section, so a small document gives more chunks than its length says.
        return 1 + size / per_chunk, _TOKENS_PER_DOCUMENT + size / per_token
