"""What a run would do, and what it would cost, without doing any of it."""

from dataclasses import dataclass

import polars as pl

from embedders.fingerprint import ModelCard
from flows.budget import Estimate, estimate
from flows.cursors import newest_held
from flows.decide import Decider
from flows.fingerprints import fingerprints
from flows.held_state import HeldState
from flows.plan import Plan
from flows.scope import Scope
from flows.settings_file import SettingsFile
from index.held import held_documents, held_quarantine
from index.stamp import now
from index.tables import Tables
from schemas.arrow import DOCUMENTS, QUARANTINE
from schemas.errors import IndexError_
from schemas.records import Fingerprints, Listing
from sources.registry import open_source


@dataclass(frozen=True, slots=True)
class Preview:
    listings: tuple[Listing, ...]
    plan: Plan
    estimate: Estimate
    fingerprints: Fingerprints


def preview(file: SettingsFile) -> Preview:
    """List the sources and plan; the index is read and not changed."""
    card = ModelCard.find(file.settings.embedding, file.folder)
    card.require_room(file.settings.chunking)
    tables = _tables(file)
    now_set = fingerprints(file.settings, card)
    since = {source.name: newest_held(source, tables, now_set, now()) for source in file.settings.sources}
    listings = tuple(open_source(source, file.folder, since[source.name]).list() for source in file.settings.sources)
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
        return HeldState(held_documents(tables), held_quarantine(tables))
    return HeldState(*(pl.DataFrame(pl.from_arrow(schema.empty_table())) for schema in (DOCUMENTS, QUARANTINE)))
