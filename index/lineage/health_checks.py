"""Check the health of an index: every check that does not hold gives a finding with its repair."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vouch.index.lineage.checks import HealthCheck, Repair
from vouch.index.lineage.integrity import Flaw, find_flaws
from vouch.index.publishing.search_indexes import lagging_indexes
from vouch.index.publishing.versions import at_state, states
from vouch.index.store.checksums import find_damage
from vouch.index.store.run_log import newest_published, run_ids_with_status, unfinished
from vouch.index.store.tables import KEYS, Tables, dicts, rows
from vouch.schemas.errors import IndexError_
from vouch.schemas.runs.record import Status
from vouch.storage.location import Location

_MAX_EXAMPLES = 5
_MAX_ERROR_CHARS = 300


@dataclass(frozen=True, slots=True)
class Finding:
    """A check that does not hold.

    Attributes:
        id: The check.
        check: The check in words.
        count: The number of cases.
        examples: The first few cases.
        repair: What repairs it.
        documents: Ids of the documents concerned, if it is about documents.
        table: The table that it is about, if it is about one.
    """

    id: HealthCheck
    check: str
    count: int
    examples: tuple[str, ...]
    repair: Repair
    documents: frozenset[str] = frozenset()
    table: str = ""

    @classmethod
    def of(
        cls,
        check: HealthCheck,
        cases: Sequence[str],
        repair: Repair,
        *,
        table: str = "",
        documents: Collection[str] = (),
    ) -> "Finding":
        """Return the finding for all cases of a check that does not hold."""
        examples = tuple(cases[:_MAX_EXAMPLES])
        return cls(
            check,
            check.title(table),
            len(cases),
            examples,
            repair,
            frozenset(documents),
            table,
        )


def examine_files(place: str | Path | Location) -> list[Finding]:
    """Return which tables of the index in a folder or a bucket have missing or damaged files.

    Every file is read; the tables need not be fit to be opened.
    """
    by_table: dict[str, list[str]] = {}
    for damage in find_damage(place, thorough=True):
        by_table.setdefault(damage.table, []).append(str(damage))
    return [
        Finding.of(HealthCheck.FILES_INTACT, cases, Repair.FILES, table=table)
        for table, cases in by_table.items()
    ]


def examine(tables: Tables) -> list[Finding]:
    """Return what the tables alone can disprove.

    If a table cannot be read, nothing else is checked.
    """
    unreadable = list(_unreadable(tables))
    if unreadable:
        return unreadable
    checks = (
        _unfinished,
        _unkept_state,
        _duplicate_keys,
        _changed_rows,
        _flawed_rows,
        _orphans,
        _lagging,
    )
    return [finding for check in checks for finding in check(tables)]


def _unreadable(tables: Tables) -> Iterable[Finding]:
    for name in KEYS:
        try:
            # Only reading every column of every row finds a damaged file.
            for _ in getattr(tables, name).search().to_batches():
                pass
        except IndexError_ as error:
            case = f"{name}: {error}"[:_MAX_ERROR_CHARS]
            yield Finding.of(HealthCheck.TABLES_READABLE, [case], Repair.FILES)


def _unfinished(tables: Tables) -> Iterable[Finding]:
    run_ids = [run.record.run_id for run in unfinished(tables)]
    if run_ids:
        yield Finding.of(HealthCheck.PUBLICATIONS_FINISHED, run_ids, Repair.FINISH)


def _unkept_state(tables: Tables) -> Iterable[Finding]:
    """Find that no record says what is published, or that its versions are not kept."""
    newest = newest_published(tables)
    if newest is None:
        if tables.chunks.count_rows():
            case = "no run of the history has published the rows that are there"
            yield Finding.of(HealthCheck.STATE_KEPT, [case], Repair.RECORD)
    elif newest.run_id not in states(tables) and not unfinished(tables):
        case = f"the state that run {newest.run_id} published"
        yield Finding.of(HealthCheck.STATE_KEPT, [case], Repair.RECORD)


def _duplicate_keys(tables: Tables) -> Iterable[Finding]:
    for name, key in KEYS.items():
        counts = Counter(rows(getattr(tables, name), [key]).column(key).to_pylist())
        duplicates = [str(value) for value, count in counts.items() if count > 1]
        if duplicates:
            yield Finding.of(HealthCheck.KEYS_UNIQUE, duplicates, Repair.RESTORE, table=name)


def _changed_rows(tables: Tables) -> Iterable[Finding]:
    """Find rows that another program removed or added since the last run published."""
    newest = newest_published(tables)
    if newest is None or unfinished(tables) or newest.run_id not in states(tables):
        return
    past = at_state(tables, newest.run_id)
    # Not the quarantine: a run that is rejected adds to it without publishing.
    for name in ("chunks", "documents"):
        key = KEYS[name]
        current, published = (
            set(rows(getattr(state, name), [key]).column(key).to_pylist())
            for state in (tables, past)
        )
        for check, ids in (
            (HealthCheck.ROWS_PRESENT, published - current),
            (HealthCheck.ROWS_PUBLISHED, current - published),
        ):
            if ids:
                # Sorted, so that the examples are the same at every examination.
                cases = sorted(map(str, ids))
                yield Finding.of(check, cases, Repair.RESTORE, table=name)


def _flawed_rows(tables: Tables) -> Iterable[Finding]:
    flaws = list(find_flaws(tables))
    # Nothing is rebuilt from a text that is damaged itself.
    damaged_texts = {flaw.document_id for flaw in flaws if flaw.text_damaged}
    grouped: dict[tuple[HealthCheck, Repair], list[Flaw]] = {}
    for flaw in flaws:
        # Nor where there is no text, because the document's row is lost.
        lost = flaw.check is HealthCheck.CHUNKS_HAVE_DOCUMENT
        is_reread = lost or flaw.document_id in damaged_texts
        repair = Repair.REREAD if is_reread else Repair.REMAKE
        grouped.setdefault((flaw.check, repair), []).append(flaw)
    for (check, repair), group in grouped.items():
        yield Finding.of(
            check,
            [flaw.message for flaw in group],
            repair,
            documents={flaw.document_id for flaw in group},
        )


def _orphans(tables: Tables) -> Iterable[Finding]:
    """Find attachments without their document, and rejects and documents that do not match."""
    columns = ["document_id", "parent_id", "status", "uri"]
    documents = {row["document_id"]: row for row in rows(tables.documents, columns).to_pylist()}
    rejects = dicts(tables.quarantine, "true")
    rejected = {row["document_id"] for row in rejects}
    # A run that publishes nothing quarantines rejects of documents that the index need not have.
    unpublished = run_ids_with_status(tables, Status.REJECTED)
    orphans = {
        HealthCheck.ATTACHMENTS_HAVE_DOCUMENT: [
            row["uri"]
            for row in documents.values()
            if row["parent_id"] and row["parent_id"] not in documents
        ],
        HealthCheck.QUARANTINED_HAVE_REJECT: [
            row["uri"]
            for identity, row in documents.items()
            if row["status"] == "quarantined" and identity not in rejected
        ],
        HealthCheck.REJECTS_HAVE_DOCUMENT: [
            row["uri"]
            for row in rejects
            if row["document_id"] not in documents and row["run_id"] not in unpublished
        ],
    }
    for check, uris in orphans.items():
        if uris:
            attachments = check is HealthCheck.ATTACHMENTS_HAVE_DOCUMENT
            yield Finding.of(check, uris, Repair.NONE if attachments else Repair.RESTORE)


def _lagging(tables: Tables) -> Iterable[Finding]:
    lagging = lagging_indexes(tables.chunks)
    if lagging:
        yield Finding.of(HealthCheck.SEARCH_INDEXES_CURRENT, lagging, Repair.INDEX)
