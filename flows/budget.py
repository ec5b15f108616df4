"""What a run would cost, told before it spends anything."""

from dataclasses import dataclass

from flows.plan import WORK, Plan
from index.runs import list_runs
from index.tables import Tables
from schemas.errors import BudgetExceeded
from schemas.settings import RunSettings

# Without a run to learn from: what running text gives, and what two cores of a small machine manage.
_BYTES_PER_CHUNK = 700.0
_TOKENS_PER_CHUNK = 140.0
_CHUNKS_PER_SECOND = 30.0
_REMEMBERED = 30  # runs


@dataclass(frozen=True, slots=True)
class Estimate:
    """Rough, and rather too much: from the sizes of what is to be read, what earlier runs made of sizes like these, and as
    if no text were held yet.
    """

    documents: int
    chunks: int
    tokens: int
    minutes: float


def estimate(plan: Plan, tables: Tables | None) -> Estimate:
    """Of what the plan reads or makes again; `tables` is None where there is no index yet."""
    work = plan.of(*WORK)
    size = sum(one.item.size or 0 for one in work if not one.from_text)
    kept = sum(one.held["chunk_count"] for one in work if one.from_text and one.held)
    chunks = kept + size / _bytes_per_chunk(plan)
    return Estimate(len(work), round(chunks), round(chunks * _TOKENS_PER_CHUNK), chunks / _rate(tables) / 60)


def refuse_overspending(expected: Estimate, settings: RunSettings) -> None:
    """Raise `BudgetExceeded` where the estimate is beyond a cap of the settings."""
    for what, most in (("documents", settings.max_documents), ("tokens", settings.max_tokens)):
        wanted = getattr(expected, what)
        if most is not None and wanted > most:
            raise BudgetExceeded(
                f"the run would take about {wanted:,} {what}, more than run.max_{what} ({most:,}) allows; nothing was spent. "
                f"Look at `vouch plan`; if it is right, run again with a higher --max-{what}"
            )


def _bytes_per_chunk(plan: Plan) -> float:
    return plan.held.bytes_per_chunk or _BYTES_PER_CHUNK


def _rate(tables: Tables | None) -> float:
    """Chunks a second of the newest run that embedded a good number, not long ago."""
    for record in list_runs(tables, _REMEMBERED) if tables else []:
        chunks = record.accounting.vectors_computed
        if chunks >= 100 and record.seconds and not record.shards_resumed:
            return chunks / record.seconds
    return _CHUNKS_PER_SECOND
