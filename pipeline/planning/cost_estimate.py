"""Estimates what a run will cost, before it spends anything."""

from dataclasses import dataclass

from vouch.index.store.run_log import list_runs
from vouch.index.store.tables import Tables
from vouch.pipeline.planning.plan import WORK, Plan, Planned
from vouch.schemas.errors import BudgetExceeded
from vouch.schemas.settings.vouch_yaml import RunSettings

# Defaults for an index without a run to learn from: bytes a chunk in text, and in files that hold
# much besides text; the rate is that of two cores of a small machine.
_BYTES_PER_CHUNK = 300.0
_BYTES_PER_CHUNK_OF_RICH_FILES = 700.0
_RICH_FILES = (
    ".pdf", ".doc", ".docx", ".ppt", ".pptx", ".xls", ".xlsx", ".rtf", ".html", ".htm",
    ".eml", ".mbox", ".msg",
)  # fmt: skip
_TOKENS_PER_CHUNK = 140.0
_CHUNKS_PER_SECOND = 30.0
_RUNS = 30  # the rate of a run longer ago says little about this machine
_ENOUGH_CHUNKS = 100  # fewer, and the run's fixed costs would be taken for its rate


@dataclass(frozen=True, slots=True)
class Estimate:
    """A rough upper estimate: from sizes of files, as if no text were indexed yet."""

    documents: int
    chunks: int
    tokens: int
    minutes: float


def estimate(plan: Plan, tables: Tables | None) -> Estimate:
    """Estimate what the plan processes; `tables` is None where there is no index yet."""
    work = plan.of(*WORK)
    bytes_per_chunk = plan.indexed.bytes_per_chunk
    chunks = sum(_chunks(planned, bytes_per_chunk) for planned in work)
    minutes = chunks / _chunks_per_second(tables) / 60
    return Estimate(len(work), round(chunks), round(chunks * _TOKENS_PER_CHUNK), minutes)


def refuse_overspending(expected: Estimate, settings: RunSettings) -> None:
    """Raise `BudgetExceeded` where the estimate is beyond a limit of the settings."""
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


def _chunks(planned: Planned, bytes_per_chunk: float | None) -> float:
    """Estimate the chunks of one document, at least one; `bytes_per_chunk` is the mean of the
    indexed documents.
    """
    if planned.from_text and planned.indexed:
        return float(planned.indexed["chunk_count"])
    size = planned.item.size or 0
    if bytes_per_chunk:
        return max(1.0, size / bytes_per_chunk)
    rich = planned.item.uri.lower().endswith(_RICH_FILES)
    # A chunk ends with its section, so a small document gives more chunks than its length suggests.
    return 1 + size / (_BYTES_PER_CHUNK_OF_RICH_FILES if rich else _BYTES_PER_CHUNK)


def _chunks_per_second(tables: Tables | None) -> float:
    """Return the rate of the newest recent run that embedded a good number."""
    for record in list_runs(tables, _RUNS) if tables else []:
        chunks = record.accounting.vectors_computed
        # A run that resumed shards embedded less than its duration suggests.
        if chunks >= _ENOUGH_CHUNKS and record.seconds and not record.shards_resumed:
            return chunks / record.seconds
    return _CHUNKS_PER_SECOND
