"""What a run would do, and what it would cost, without doing any of it."""

from dataclasses import dataclass

import polars as pl

from vouch.embedders.model_card import ModelCard
from vouch.index.store.lookups import indexed_documents, indexed_quarantine
from vouch.index.store.publication_columns import now
from vouch.index.store.tables import Tables
from vouch.pipeline.context.fingerprints import fingerprints
from vouch.pipeline.context.scope import Scope
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.planning.cost_estimate import Estimate, estimate
from vouch.pipeline.planning.incremental_cursor import newest_held
from vouch.pipeline.planning.index_state import HeldState
from vouch.pipeline.planning.plan import Plan
from vouch.pipeline.planning.planner import Decider
from vouch.schemas.arrow import DOCUMENTS, QUARANTINE
from vouch.schemas.errors import IndexError_
from vouch.schemas.records import Fingerprints, Listing
from vouch.sources.registry import open_source


@dataclass(frozen=True, slots=True)
class Preview:
    listings: tuple[Listing, ...]
    plan: Plan
    estimate: Estimate
    fingerprints: Fingerprints


def preview(file: SettingsFile) -> Preview:
    """List the sources and plan; the index is read and not changed."""
    card = ModelCard.find(file.settings.embedding, file.folder)
    card.check_token_limit(file.settings.chunking)
    tables = _tables(file)
    now_set = fingerprints(file.settings, card)
    since = {
        source.name: newest_held(source, tables, now_set, now()) for source in file.settings.sources
    }
    listings = tuple(
        open_source(source, file.folder, since[source.name]).list()
        for source in file.settings.sources
    )
    plan = Decider(_held(tables), now_set, Scope(), file.settings, now()).plan(listings)
    return Preview(listings, plan, estimate(plan, tables), now_set)


def _tables(file: SettingsFile) -> Tables | None:
    try:
        tables = Tables.open(file.index_folder)
    except IndexError_:
        return None
    return tables.require_current()


def _held(tables: Tables | None) -> HeldState:
    if tables:
        return HeldState(indexed_documents(tables), indexed_quarantine(tables))
    return HeldState(
        *(pl.DataFrame(pl.from_arrow(schema.empty_table())) for schema in (DOCUMENTS, QUARANTINE))
    )
