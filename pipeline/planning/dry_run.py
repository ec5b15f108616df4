"""Plans a run and estimates its cost, without doing any of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from vouch.embedders.embedder import Embedder
from vouch.embedders.models import find_model
from vouch.index.publishing.vector_conversion import due_conversion
from vouch.index.store.generations import (
    generation_of,
    has_chunks,
    is_recorded,
    model_changes,
    newest,
)
from vouch.index.store.lookups import unrecorded_generations
from vouch.index.store.publication_columns import now
from vouch.index.store.run_log import newest_published
from vouch.index.store.tables import Tables, has_rows, missing_tables
from vouch.pipeline.context.budget import Cap, caps_of
from vouch.pipeline.context.fingerprints import fingerprints
from vouch.pipeline.context.index_model import model_in
from vouch.pipeline.context.scope import Scope
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.context.spending_ledger import SpendingLedger
from vouch.pipeline.planning.cost_estimate import Estimate, estimate
from vouch.pipeline.planning.incremental_cursor import cursor_start
from vouch.pipeline.planning.plan import Plan
from vouch.pipeline.planning.planner import make_plan
from vouch.pipeline.planning.stored_rows import StoredRows
from vouch.schemas.documents.records import Fingerprints, Listing
from vouch.schemas.search_profiles import changed_profiles
from vouch.sources.registry import open_source

_UNRECORDED = "no record says which model that was; `vouch doctor --repair` records it again"


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a run would list and do, what it would cost, the caps on that, and the fingerprints of
    the present settings.
    """

    listings: tuple[Listing, ...]
    plan: Plan
    estimate: Estimate
    caps: tuple[Cap, ...]
    fingerprints: Fingerprints
    model_changes: str
    """In what the model is another one than that of the index; empty where it is the same."""
    profile_changes: dict[str, str] = field(default_factory=dict)
    """The retrieval profiles that are not published as the settings have them, and what became of
    each: added, changed or removed.
    """
    conversion: str = ""
    """As what the next maintenance stores the vectors; empty where it leaves them as they are."""


def dry_run(
    file: SettingsFile, scope: Scope = Scope(), listings: Sequence[Listing] | None = None
) -> DryRun:
    """List the sources in scope and plan; the index is read and not changed.

    `listings` are taken instead of listing again.
    """
    card = find_model(file.settings.embedding, file.folder)
    tables = tables_of(file)
    if tables is not None:
        card = model_in(tables, card)
    card.check_token_limit(file.settings.chunking)
    embedding, changes = card.fingerprint, ""
    if tables is not None:
        embedding = generation_of(tables, card, Embedder(card).probe)
        is_current = is_recorded(tables, embedding) and has_chunks(tables, embedding)
        if not is_current and tables.chunks.count_rows():
            is_known = not unrecorded_generations(tables)
            changes = model_changes(tables, card, newest(tables)[0]) if is_known else _UNRECORDED
    current = fingerprints(file.settings, card, embedding)
    if listings is None:
        listings = [
            open_source(source, file.folder, cursor_start(source, tables, current, now())).list()
            for source in file.settings.sources
            if not scope.sources or source.name in scope.sources
        ]
    rows = StoredRows.read(tables) if tables else StoredRows.none()
    plan = make_plan(rows, listings, current, scope, file.settings, now())
    expected = estimate(plan, tables, file.settings.embedding)
    caps = caps_of(file.settings, SpendingLedger(file.work_location), None)
    conversion = due_conversion(tables, file.settings.index.vectors) if tables else ""
    published = newest_published(tables) if tables else None
    profiles = {}
    if published is not None:
        profiles = changed_profiles(published.profiles, file.settings.profiles)
    return DryRun(
        tuple(listings), plan, expected, tuple(caps), current, changes, profiles, conversion
    )


def tables_of(file: SettingsFile) -> Tables | None:
    """Return the tables; None where nothing is ingested yet."""
    if missing_tables(file.index_location) and not has_rows(file.index_location):
        return None
    return Tables.open(file.index_location).require_current()
