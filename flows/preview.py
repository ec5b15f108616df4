"""What a run would do, and what it would cost, without doing any of it."""

from dataclasses import dataclass

import polars as pl

from embedders.fingerprint import ModelCard
from flows.plan import WORK, Plan, make_plan
from flows.settings_file import SettingsFile
from index.held import held_documents, held_quarantine
from index.rows import now
from index.runs import list_runs
from index.tables import Tables
from parsers.chunker import chunk_fingerprint
from schemas.arrow import DOCUMENTS
from schemas.errors import IndexError_
from schemas.records import Fingerprints, Listing
from sources.registry import open_source

# Without a run to learn from: what running text gives, and what two cores of a small machine manage.
_BYTES_PER_CHUNK = 700.0
_TOKENS_PER_CHUNK = 140.0
_CHUNKS_PER_SECOND = 30.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Rough: from the sizes of what is to be read and what earlier runs made of sizes like these."""

    chunks: int
    tokens: int
    minutes: float


@dataclass(frozen=True, slots=True)
class Preview:
    listings: tuple[Listing, ...]
    plan: Plan
    estimate: Estimate


def preview(file: SettingsFile) -> Preview:
    """List the sources and plan; the index is read and not changed."""
    card = ModelCard.find(file.settings.embedding, file.folder)
    card.require_room(file.settings.chunking.max_tokens)
    now_set = Fingerprints(chunk_fingerprint(file.settings.chunking, card.tokenizer), card.fingerprint)
    listings = tuple(open_source(source, file.folder).list() for source in file.settings.sources)
    tables = _tables(file)
    held = held_documents(tables) if tables else pl.DataFrame(pl.from_arrow(DOCUMENTS.empty_table()))
    plan = make_plan(listings, held, _due(tables), now_set)
    return Preview(listings, plan, _estimate(plan, tables))


def _tables(file: SettingsFile) -> Tables | None:
    try:
        return Tables.open(file.index_folder)
    except IndexError_:
        return None


def _due(tables: Tables | None) -> set[str]:
    if tables is None:
        return set()
    return set(held_quarantine(tables).filter(pl.col("next_retry_at") <= now())["document_id"])


def _estimate(plan: Plan, tables: Tables | None) -> Estimate:
    size = sum(planned.item.size or 0 for planned in plan.of(*WORK))
    chunks = size / _bytes_per_chunk(plan)
    return Estimate(round(chunks), round(chunks * _TOKENS_PER_CHUNK), chunks / _rate(tables) / 60)


def _bytes_per_chunk(plan: Plan) -> float:
    held = [row for row in plan.held.values() if row["chunk_count"] and row["size"]]
    chunks = sum(row["chunk_count"] for row in held)
    return sum(row["size"] for row in held) / chunks if chunks else _BYTES_PER_CHUNK


def _rate(tables: Tables | None) -> float:
    """Chunks a second of the newest run that embedded a good number."""
    for record in list_runs(tables) if tables else []:
        chunks = record.accounting.vectors_computed
        if chunks >= 100 and record.seconds:
            return chunks / record.seconds
    return _CHUNKS_PER_SECOND
