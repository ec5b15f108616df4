"""Examines index, documents, sources and staged files together, and repairs what stored data can
repair.
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

import polars as pl

from vouch.embedders.embedder import Embedder
from vouch.embedders.model_card import ModelCard
from vouch.embedders.models import find_model
from vouch.embedders.probes import PROBE_COSINE, cosine
from vouch.index.lineage.checks import HealthCheck, Repair
from vouch.index.lineage.health_checks import Finding, examine, examine_files
from vouch.index.lineage.integrity import find_flaws
from vouch.index.publishing.fence import MayPublish
from vouch.index.publishing.file_repair import repair_files
from vouch.index.publishing.publish import finish, give_up, publish_present, restore
from vouch.index.publishing.search_indexes import refresh_indexes
from vouch.index.publishing.versions import at_state, versions_of
from vouch.index.store.checksums import record_checksums
from vouch.index.store.generations import as_published, record_generation
from vouch.index.store.lookups import indexed_documents, unrecorded_generations
from vouch.index.store.run_log import Intent, mark_crashed_runs_failed, newest_published
from vouch.index.store.sampling import lowest_document_ids, published_sample
from vouch.index.store.tables import Tables, has_rows
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.context.spending_ledger import SpendingLedger
from vouch.pipeline.operations.leftovers import KINDS, Leftovers
from vouch.pipeline.operations.operation_record import (
    locks_of,
    new_record,
    write_final_record,
)
from vouch.pipeline.planning.dry_run import DryRun, dry_run
from vouch.pipeline.planning.plan import WORK, Action
from vouch.schemas.errors import IndexError_
from vouch.storage.conditions import keeps_conditions

_COMPARED_DOCUMENTS = 8
_COMPARED_VECTORS = 16


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong (`findings`), and what is only not done yet.

    `repaired` says in words what was done to damaged files. Of the documents in `rebuild` the rows
    are to be made again, although nothing is found to be wrong with them; `incomplete` says that
    rows of documents are lost, or came back as they had been before.

    `waiting` are documents that the next run processes or removes, by action. `unnamed` are
    documents of sources that the settings do not name, by source: the next run over all sources
    removes them. While runs are `in_progress` (their kinds), what is staged or half published is
    theirs, and is not examined.
    """

    findings: tuple[Finding, ...]
    waiting: dict[str, int]
    unnamed: dict[str, int]
    in_progress: tuple[str, ...] = ()
    repaired: tuple[str, ...] = ()
    rebuild: frozenset[str] = frozenset()
    incomplete: bool = False


def diagnose(file: SettingsFile) -> Diagnosis:
    """Examine everything and change nothing.

    Where files are damaged so much that a table cannot be read, nothing else is examined.
    """
    in_progress = locks_of(file).in_progress(KINDS)
    index = file.index_location
    damaged = examine_files(index) if has_rows(index) else []
    if damaged and in_progress:  # a file may have come or gone while they were compared
        damaged = [finding for finding in examine_files(index) if finding in damaged]
    try:
        tables = Tables.open(index).require_current()
        findings = examine(tables)
        if any(finding.id is HealthCheck.TABLES_READABLE for finding in findings):
            return Diagnosis((*damaged, *findings), {}, {}, in_progress)
        preview = dry_run(file)
    except IndexError_:
        if not damaged:
            raise
        return Diagnosis(tuple(damaged), {}, {}, in_progress)
    findings = [*damaged, *findings, *_unrecorded(tables), *_ignored_conditions(file)]
    waiting = {
        str(action): len(preview.plan.of(action))
        for action in Action
        if action in WORK or action is Action.REMOVED
    }
    if in_progress:
        findings = [finding for finding in findings if finding.repair is not Repair.FINISH]
    else:
        findings += _leftovers(file, tables, preview)
    waiting = {action: count for action, count in waiting.items() if count}
    return Diagnosis(tuple(findings), waiting, _unnamed(file, preview), in_progress)


def _unnamed(file: SettingsFile, preview: DryRun) -> dict[str, int]:
    left = preview.plan.indexed.roots_of_other_sources(
        [source.name for source in file.settings.sources]
    )
    return dict(sorted(left.group_by("source").len().iter_rows()))


def _leftovers(file: SettingsFile, tables: Tables, preview: DryRun) -> Iterable[Finding]:
    names = Leftovers.find(file, tables, preview).names
    if names:
        yield Finding.of(HealthCheck.NO_LEFTOVERS, names, Repair.SWEEP)


def _ignored_conditions(file: SettingsFile) -> Iterable[Finding]:
    """Find that an object store does not keep two runs apart. In a folder locks do that."""
    index = file.index_location
    if not index.is_local and not keeps_conditions(index):
        case = (
            f"{index} writes an object again that it was asked to create only where there is none, "
            "so that two publishers at once would not be kept apart; publish from one machine "
            "only, or put the index on a store that keeps If-None-Match and If-Match"
        )
        yield Finding.of(HealthCheck.CONDITIONS_KEPT, [case], Repair.NONE)


def repair_stored(file: SettingsFile) -> Diagnosis:
    """Repair what the tables and the staged files alone can repair; return what is left.

    Documents that have to be processed again are left to `vouch.pipeline.run_kinds.repair`. Raises
    `IndexError_` while a run is in progress.
    """
    locks = locks_of(file)
    with ExitStack() as locked:
        for kind in KINDS:
            locked.enter_context(locks.kind(kind, 0.0))
        locked.enter_context(locks.publisher())
        card = find_model(file.settings.embedding, file.folder)
        vectors = file.settings.index.vectors
        done = repair_files(file.index_location, card.dimension, locks.require, vectors)
        # A run would bring an index of an earlier version up to date, but refuses a damaged one.
        tables = Tables.create(file.index_location, card.dimension, vectors)
        try:
            finish(tables, file.settings, locks.require)
        except IndexError_ as error:
            runs = ", ".join(give_up(tables.latest()))
            if not runs:
                raise
            done.actions.append(f"the publication of {runs} was given up: {error}")
        spent = SpendingLedger(file.work_location).of_run
        for kind in KINDS:
            mark_crashed_runs_failed(tables, kind, spent)
        findings = examine(tables)
        if done.actions or any(finding.repair is Repair.RECORD for finding in findings):
            locks.require()
            _record_present(file, tables, done.actions)
            findings = examine(tables)
        _record_generations(tables, card)
        # Before the search indexes are brought up to date: they cover the rows that are there then.
        if _published_whole(tables, findings):
            _restore(file, tables, findings, locks.require)
        if findings:
            refresh_indexes(tables, file.settings.index)
        leftovers = Leftovers.find(file, tables, dry_run(file))
        locks.require()
        leftovers.remove(file, tables)
        record_checksums(file.index_location)
    left = diagnose(file)
    return replace(
        left,
        repaired=tuple(done.actions),
        rebuild=frozenset(done.documents),
        incomplete=not done.lost_rows.isdisjoint(("documents", "quarantine")),
    )


def _record_present(file: SettingsFile, tables: Tables, actions: Sequence[str]) -> None:
    """Let readers see the rows that are left after files were repaired."""
    newest = newest_published(tables)
    record = new_record(file, "repair", "; ".join(actions) or "rows of no known run")
    if newest is not None:
        kept = ("embedding_fingerprint", "model", "breakdown", "hold")
        record = record.model_copy(update={name: getattr(newest, name) for name in kept})
    write_final_record(file, tables, publish_present(tables.latest(), record, file.settings))


def _unrecorded(tables: Tables) -> Iterable[Finding]:
    fingerprints = unrecorded_generations(tables)
    if fingerprints:
        cases = [f"the vectors of generation {fingerprint}" for fingerprint in fingerprints]
        yield Finding.of(HealthCheck.GENERATIONS_RECORDED, cases, Repair.GENERATION)


def _record_generations(tables: Tables, card: ModelCard) -> None:
    """Record the model of the settings again, where it is the one that made the vectors."""
    card = as_published(tables, card)
    embedder, run = Embedder(card), newest_published(tables)
    for generation in unrecorded_generations(tables):
        if _made_by(tables, embedder, generation):
            probes = embedder.probes()
            record_generation(tables, card, probes, run.run_id if run else "", generation)


def _made_by(tables: Tables, embedder: Embedder, generation: str) -> bool:
    """Return whether this model made these vectors.

    The fingerprints of Vouch 0.7.0 and before, and those of a service, say too little about a
    model, so a few vectors are compared. One may differ, whose text is damaged.
    """
    card, service = embedder.card, embedder.card.settings.service
    if generation not in (card.fingerprint, card.former_fingerprint):
        return False
    if generation == card.fingerprint and service is None:
        return True
    documents = indexed_documents(tables).filter(pl.col("embedding_fingerprint") == generation)
    sample = published_sample(tables, lowest_document_ids(documents, _COMPARED_DOCUMENTS))
    compared = slice(_COMPARED_VECTORS)
    vectors = embedder.embed_documents(sample.inputs[compared], sample.tokens[compared]).vectors
    least = service.min_probe_cosine if service else PROBE_COSINE
    pairs = zip(vectors, sample.vectors[compared], strict=True)
    return sum(cosine(now, then) >= least for now, then in pairs) > len(vectors) / 2


def _published_whole(tables: Tables, findings: list[Finding]) -> bool:
    """Return whether the state that the last run published is sound: then its rows repair these."""
    newest = newest_published(tables)
    if newest is None:
        return False
    damaged = {identity for finding in findings for identity in finding.documents}
    if damaged:
        then = {flaw.document_id for flaw in find_flaws(at_state(tables, newest.run_id))}
        return not damaged <= then
    return any(finding.repair is Repair.RESTORE for finding in findings)


def _restore(
    file: SettingsFile, tables: Tables, findings: list[Finding], may_publish: MayPublish
) -> None:
    newest = newest_published(tables)
    if newest is None:
        return
    record = new_record(file, "repair", f"rows as run {newest.run_id} published them")
    kept = {"embedding_fingerprint": newest.embedding_fingerprint, "breakdown": newest.breakdown}
    versions = versions_of(tables, newest.run_id)
    # Rejects of a run that published nothing came later, and are right.
    about_rejects = {HealthCheck.QUARANTINED_HAVE_REJECT, HealthCheck.REJECTS_HAVE_DOCUMENT}
    if not any(
        finding.id in about_rejects or finding.table == "quarantine" for finding in findings
    ):
        del versions["quarantine"]
    record = record.model_copy(update=kept)
    record = restore(tables, Intent(restore=versions), record, file.settings, may_publish)
    write_final_record(file, tables, record)
