"""Keeps the published state quick to search: the same rows, put together, with search indexes that fit them.

All of it happens on versions of the tables that nobody reads. Last, the newest published run's record and tag are brought to
them: whoever opens the index then gets the same rows, and whoever has it open keeps what they have. Cut short before, it has
changed nothing that is read, and the next one goes on from there.
"""

from pathlib import Path

from lancedb.index import BTree
from lancedb.table import Table

from vouch.index.publishing.publish import create_text_indexes
from vouch.index.publishing.versions import at_state, retain, tag_state
from vouch.index.store.run_log import newest_published, write_run
from vouch.index.store.tables import Tables, compact, frame, fragment_count, optimize_fully
from vouch.index.vectors.recall_monitor import keep
from vouch.index.vectors.tuning import Probes, choose, measure
from vouch.index.vectors.vector_index import VECTOR_INDEX, VectorIndex, has_index, current_vector_index
from vouch.schemas.errors import IndexError_
from vouch.schemas.run import IndexFigures, Maintenance, RunRecord
from vouch.schemas.settings import IndexSettings

_TABLES = (
    "chunks",
    "documents",
)  # what readers see; rejects come to the quarantine without being published
_OTHERS = ("quarantine", "runs", "generations")
_ROW = {
    "chunks": ("chunk_id", "text_sha256", "vector_sha256", "embedding_fingerprint", "run_id"),
    "documents": (
        "document_id",
        "status",
        "canonical_sha256",
        "content_sha256",
        "remove_after",
        "run_id",
    ),
}
_PIECES = 4  # fragments of a small table, and segments of an index: each is searched by itself
_KEY_INDEX = "document_id_idx"
_KEYS_FROM = 10_000  # documents; below, looking at each takes no longer
_GROWN = 2.0  # times the rows for which an index was chosen


def maintain(tables: Tables, settings: IndexSettings) -> Maintenance | None:
    """Compact, index, clean; None where nothing is published. Only under the publisher's lock, with nothing half published.

    Raises `IndexError_` where the rows are not those that were published: nothing but a run may publish rows.
    """
    newest = newest_published(tables.latest())
    if newest is None or not tables.chunks.count_rows():
        return None
    _require_as_published(tables, newest)
    retain(tables, settings)  # first, while the tags hold what is being read
    queries = Probes.of(tables.chunks)
    before = _figures(tables, queries)
    _put_together(tables)
    tried = _index_vectors(tables, queries, settings)  # last: what is measured is what readers get
    _show(tables, newest)
    changed = tables.chunks.version != newest.versions.get("chunks")
    return Maintenance(
        before=before, after=_figures(tables, queries) if changed else before, tried=tuple(tried)
    )


def _require_as_published(tables: Tables, newest: RunRecord) -> None:
    past = at_state(tables, newest.run_id)
    for name in _TABLES:
        now, then = getattr(tables, name), getattr(past, name)
        if now.version not in (then.version, newest.versions.get(name)):
            columns = [column for column in _ROW[name] if column in then.schema.names]
            sides = [frame(table, columns).sort(columns[0]) for table in (now, then)]
            if not sides[0].equals(sides[1]):
                raise IndexError_(
                    f"rows of {name} are not as run {newest.run_id} published them; `vouch doctor` says which, and "
                    "`vouch doctor --repair` brings them back"
                )


def _put_together(tables: Tables) -> None:
    create_text_indexes(tables.chunks)
    _index_keys(tables.documents)
    for table in (tables.chunks, tables.documents):
        optimize_fully(table)
    for table in (getattr(tables, name) for name in _OTHERS):
        if fragment_count(table) > _PIECES:
            compact(table)


def _index_keys(documents: Table) -> None:
    """A passage's text is cut out of its document, which is found by its id."""
    held = {one.name for one in documents.list_indices()}
    if _KEY_INDEX not in held and documents.count_rows() >= _KEYS_FROM:
        documents.create_index("document_id", config=BTree(), name=_KEY_INDEX)


def _index_vectors(tables: Tables, queries: Probes, settings: IndexSettings) -> list[str]:
    """Choose an index where none was, or where it is of another time, or finds too little with all that it can look into."""
    chunks, rows = tables.chunks, tables.chunks.count_rows()
    index = current_vector_index(chunks)
    if rows < settings.vector_index_from_rows and not has_index(chunks):
        return []
    if index is None or _is_of_another_time(index, rows):
        return choose(chunks, queries, settings)[1]
    if index.kind == "exact":
        return []
    if _segments(tables) > _PIECES:
        index.build(chunks)
    return (
        []
        if keep(chunks, queries, index, settings.min_recall)
        else choose(chunks, queries, settings)[1]
    )


def _is_of_another_time(index: VectorIndex, rows: int) -> bool:
    """Chosen for another number of rows, or by an earlier version of Vouch: the store has joined the partitions of that one."""
    return not index.rows / _GROWN < rows < index.rows * _GROWN or (
        index.kind != "exact" and index.cut_at is None
    )


def _segments(tables: Tables) -> int:
    return max(
        (one.num_segments or 1 for one in tables.chunks.list_indices() if one.name == VECTOR_INDEX),
        default=0,
    )


def _show(tables: Tables, newest: RunRecord) -> None:
    """Let readers see the newest versions as the state that this run published: the record first, because it is what they
    follow; a tag that is behind still holds the same rows."""
    versions = newest.versions | {name: getattr(tables, name).version for name in _TABLES}
    if versions != newest.versions:
        write_run(tables, newest.model_copy(update={"versions": versions}))
    tag_state(tables, newest.run_id, _TABLES)


def _figures(tables: Tables, queries: Probes) -> IndexFigures:
    index = current_vector_index(tables.chunks)
    measured = measure(tables.chunks, queries, index)
    return IndexFigures(
        vectors=str(index) if index else "an index of which nothing was measured",
        recall=round(measured.recall, 4),
        search_ms=round(measured.cpu_ms, 2),
        p95_ms=round(measured.p95_ms, 2),
        unindexed=max(
            (one.num_unindexed_rows or 0 for one in tables.chunks.list_indices()), default=0
        ),
        fragments=sum(fragment_count(getattr(tables, name)) for name in _TABLES),
        bytes=_bytes(tables.folder),
    )


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
