"""Does the index hold together? Every check says what it found; what can be mended says how."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from vouch.index.lineage.integrity import Flaw, find_flaws
from vouch.index.publishing.publish import behind
from vouch.index.publishing.versions import STATE, at_state
from vouch.index.store.run_log import newest_published, run_ids_with_status, unfinished
from vouch.index.store.tables import KEYS, Tables, dicts, rows
from vouch.schemas.run import Status

_NAMED = 5


class Repair(StrEnum):
    """What mends a finding."""

    FINISH = "finish what a run had begun to publish"
    RESTORE = "bring back the rows that the last run published"
    REMAKE = "make the documents' rows again from the kept text; vectors that are sound are kept"
    REREAD = "read and parse the documents again"
    INDEX = "bring the search indexes up to date"
    SWEEP = "remove what dead runs left"
    NONE = "cannot be mended here"


@dataclass(frozen=True, slots=True)
class Finding:
    """A check that does not hold: how often, the first few cases, and what mends it. `documents` are those concerned."""

    check: str
    count: int
    examples: tuple[str, ...]
    repair: Repair
    documents: frozenset[str] = frozenset()


def examine(tables: Tables) -> list[Finding]:
    """Everything that the tables can prove or disprove by themselves."""
    unreadable = [*_unreadable(tables)]
    if unreadable:
        return unreadable
    checks = (_publishing, _keys, _as_published, _proved, _orphans, _indexes)
    return [finding for check in checks for finding in check(tables)]


def _unreadable(tables: Tables) -> Iterable[Finding]:
    for name in KEYS:
        try:
            for _ in getattr(tables, name).search().to_batches():
                pass
        except Exception as error:  # noqa: BLE001 - whatever the store raises on damaged files
            told = f"{name}: {error}"[:300]
            yield Finding(
                "tables can be read", 1, (told,), Repair.RESTORE if name in STATE else Repair.NONE
            )


def _publishing(tables: Tables) -> Iterable[Finding]:
    cut = [one.record.run_id for one in unfinished(tables)]
    if cut:
        yield Finding("no publication is half done", len(cut), tuple(cut[:_NAMED]), Repair.FINISH)


def _keys(tables: Tables) -> Iterable[Finding]:
    for name, key in KEYS.items():
        counts = Counter(rows(getattr(tables, name), [key]).column(key).to_pylist())
        twice = [str(identity) for identity, count in counts.items() if count > 1]
        if twice:
            yield Finding(
                f"keys of {name} are unique", len(twice), tuple(twice[:_NAMED]), Repair.RESTORE
            )


def _as_published(tables: Tables) -> Iterable[Finding]:
    """Rows that came or went since the last run published, by whoever's hand."""
    newest = newest_published(tables)
    if newest is None or unfinished(tables):
        return
    past = at_state(tables, newest.run_id)
    # A rejected run adds to the quarantine; the other tables change by publishing only.
    for name in ("chunks", "documents"):
        key = KEYS[name]
        now, then = (
            set(rows(getattr(state, name), [key]).column(key).to_pylist())
            for state in (tables, past)
        )
        for told, ids in (("gone", then - now), ("foreign", now - then)):
            if ids:
                examples = tuple(str(identity) for identity in sorted(ids)[:_NAMED])
                yield Finding(
                    f"no rows of {name} are {told} since {newest.run_id}",
                    len(ids),
                    examples,
                    Repair.RESTORE,
                )


def _proved(tables: Tables) -> Iterable[Finding]:
    found = list(find_flaws(tables))
    lost = {flaw.document_id for flaw in found if flaw.lost}
    by_check: dict[tuple[str, Repair], list[Flaw]] = {}
    for flaw in found:
        # Nothing is made again from a text that is damaged itself.
        way = Repair.REREAD if flaw.document_id in lost else Repair.REMAKE
        by_check.setdefault((flaw.check, way), []).append(flaw)
    for (check, way), cases in by_check.items():
        documents = frozenset(flaw.document_id for flaw in cases)
        yield Finding(
            check, len(cases), tuple(flaw.what for flaw in cases[:_NAMED]), way, documents
        )


def _orphans(tables: Tables) -> Iterable[Finding]:
    """Attachments without what they are attached to, rejects without a document that says so."""
    documents = {
        row["document_id"]: row
        for row in rows(tables.documents, ["document_id", "parent_id", "status", "uri"]).to_pylist()
    }
    alone = [
        row["uri"]
        for row in documents.values()
        if row["parent_id"] and row["parent_id"] not in documents
    ]
    if alone:
        yield Finding(
            "attachments have their document", len(alone), tuple(alone[:_NAMED]), Repair.NONE
        )
    # The rejects of a run that published nothing are of documents that the index may not know.
    refused = run_ids_with_status(tables, Status.REJECTED)
    rejects = dicts(tables.quarantine, "true")
    known = {row["document_id"] for row in rejects}
    silent = [
        row["uri"]
        for identity, row in documents.items()
        if row["status"] == "quarantined" and identity not in known
    ]
    strange = [
        row["uri"]
        for row in rejects
        if row["document_id"] not in documents and row["run_id"] not in refused
    ]
    for told, uris in (
        ("every quarantined document has its reject", silent),
        ("every reject has its document", strange),
    ):
        if uris:
            yield Finding(told, len(uris), tuple(uris[:_NAMED]), Repair.RESTORE)


def _indexes(tables: Tables) -> Iterable[Finding]:
    late = behind(tables.chunks)
    if late:
        yield Finding("search indexes are up to date", len(late), tuple(late), Repair.INDEX)
