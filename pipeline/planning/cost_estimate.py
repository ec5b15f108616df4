"""What a run would cost, told before it spends anything."""

from dataclasses import dataclass

from vouch.index.store.run_log import list_runs
from vouch.index.store.tables import Tables
from vouch.pipeline.planning.plan import WORK, Plan, Planned
from vouch.schemas.errors import BudgetExceeded
from vouch.schemas.settings import RunSettings

# Without a run to learn from: what text gives, what files give that hold much besides it, and what two cores of a small machine
# manage.
_BYTES_PER_CHUNK = 300.0
_LADEN_BYTES_PER_CHUNK = 700.0
_LADEN = (
    ".pdf",
    ".doc",
    ".docx",
    ".ppt",
    ".pptx",
    ".xls",
    ".xlsx",
    ".rtf",
    ".html",
    ".htm",
    ".eml",
    ".mbox",
    ".msg",
)
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
    learned = plan.held.bytes_per_chunk
    chunks = sum(_chunks(one, learned) for one in work)
    return Estimate(
        len(work), round(chunks), round(chunks * _TOKENS_PER_CHUNK), chunks / _rate(tables) / 60
    )


def refuse_overspending(expected: Estimate, settings: RunSettings) -> None:
    """Raise `BudgetExceeded` where the estimate is beyond a cap of the settings."""
    for what, most in (("documents", settings.max_documents), ("tokens", settings.max_tokens)):
        wanted = getattr(expected, what)
        if most is not None and wanted > most:
            raise BudgetExceeded(
                f"the run would take about {wanted:,} {what}, more than run.max_{what} ({most:,}) allows; nothing was spent. "
                f"Look at `vouch plan`; if it is right, run again with a higher --max-{what}"
            )


def _chunks(one: Planned, learned: float | None) -> float:
    """Of one document, which takes one at least; `learned` are the bytes that a chunk of those held takes."""
    if one.from_text and one.held:
        return float(one.held["chunk_count"])
    size = one.item.size or 0
    if learned:
        return max(1.0, size / learned)
    # A chunk ends with its section, so that what is small gives more than its length says.
    return 1 + size / (
        _LADEN_BYTES_PER_CHUNK if one.item.uri.lower().endswith(_LADEN) else _BYTES_PER_CHUNK
    )


def _rate(tables: Tables | None) -> float:
    """Chunks a second of the newest run that embedded a good number, not long ago."""
    for record in list_runs(tables, _REMEMBERED) if tables else []:
        chunks = record.accounting.vectors_computed
        if chunks >= 100 and record.seconds and not record.shards_resumed:
            return chunks / record.seconds
    return _CHUNKS_PER_SECOND
