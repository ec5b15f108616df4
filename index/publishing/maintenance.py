"""Keep the published state quick to search: compact its rows, and choose indexes that fit them.

Failure semantics: all work happens on table versions that nobody reads. Only at the end are the
record and the tag of the newest published run moved to them. Readers that open the index then see
the same rows, and readers that have it open keep what they have. Maintenance that is interrupted
before has changed nothing that is read, and the next one continues where it stopped.
"""

from vouch.index.publishing.fence import MayPublish, always
from vouch.index.publishing.search_indexes import create_key_index, renew_text_indexes
from vouch.index.publishing.vector_conversion import convert_vectors, drop_unseen_conversion
from vouch.index.publishing.versions import at_state, retain, tag_state
from vouch.index.store.run_log import newest_published, write_run
from vouch.index.store.tables import Tables, compact, fragment_count, frame, optimize_fully
from vouch.index.vectors.access import Access
from vouch.index.vectors.recall_monitor import tune_to_recall
from vouch.index.vectors.tuning import Probes, choose_vector_index, measure
from vouch.index.vectors.vector_index import (
    VECTOR_INDEX,
    VectorIndex,
    current_vector_index,
    has_vector_index,
)
from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.errors import IndexError_
from vouch.schemas.runs.record import IndexFigures, Maintenance, RunRecord
from vouch.schemas.settings.index import IndexSettings

# What readers see. Quarantine rows also change without a publication, when a run is rejected.
_READ_TABLES = ("chunks", "documents")
_OTHER_TABLES = ("quarantine", "runs", "generations")
# Columns by which rows are compared with those that were published, the key first.
_COMPARED = {
    "chunks": ("chunk_id", "text_sha256", "vector_sha256", "embedding_fingerprint", "run_id"),
    "documents": (
        "document_id", "status", "canonical_sha256", "content_sha256", "remove_after", "run_id",
    ),
}  # fmt: skip
_MAX_PARTS = 4  # fragments of a small table, and segments of an index: each is searched by itself
_GROWTH = 2.0  # factor of rows, up or down, beyond which a vector index is chosen again


def maintain(
    tables: Tables, settings: IndexSettings, may_publish: MayPublish = always
) -> Maintenance | None:
    """Delete expired versions, store vectors as the settings say, compact the tables, and choose
    the vector index where it is due.

    The caller must hold the publisher's lock, and no publication may be unfinished. `may_publish`
    raises an error where the lock was lost meanwhile.

    Returns:
        Figures before and after; None where nothing is published.

    Raises:
        IndexError_: The rows are not those that the newest run published. They are not made
            visible, because only a run may publish rows.
    """
    newest = newest_published(tables.latest())
    if newest is None or not tables.chunks.count_rows():
        return None
    published = at_state(tables, newest.run_id)
    _require_as_published(tables, newest, published)
    drop_unseen_conversion(tables, published)
    retain(tables, settings)  # before new versions are made, while tags protect what is read
    probes = Probes.of(tables.chunks)
    before, tried = _figures(tables, probes), []
    if tables.vectors != settings.vectors:
        tried.append(f"stored as {settings.vectors}: before, as {tables.vectors}")
        convert_vectors(tables.chunks, settings.vectors)
        probes = Probes.of(tables.chunks)
    _compact(tables)
    # Last, so that recall is measured on the table as readers will search it.
    tried += _choose_vector_index(tables, probes, settings)
    may_publish()
    _show(tables, newest)
    changed = tables.chunks.version != newest.versions.get("chunks")
    after = _figures(tables, probes) if changed else before
    return Maintenance(before=before, after=after, tried=tuple(tried))


def _require_as_published(tables: Tables, newest: RunRecord, past: Tables) -> None:
    # An earlier maintenance that was interrupted has left newer versions with the same rows, of
    # which it may have converted the vectors.
    converted = {"vector_sha256"} if tables.vectors != past.vectors else set()
    for name in _READ_TABLES:
        current, published = getattr(tables, name), getattr(past, name)
        if current.version in (published.version, newest.versions.get(name)):
            continue
        # An index made by an earlier version of Vouch may lack columns.
        present = set(published.schema.names) - converted
        columns = [column for column in _COMPARED[name] if column in present]
        rows, published_rows = (
            frame(table, columns).sort(columns[0]) for table in (current, published)
        )
        if not rows.equals(published_rows):
            raise IndexError_(
                f"rows of {name} are not as run {newest.run_id} published them; `vouch doctor` "
                "shows which, and `vouch doctor --repair` restores them"
            )


@crossing(Boundary.COMPACT)
def _compact(tables: Tables) -> None:
    renew_text_indexes(tables.chunks)
    create_key_index(tables.documents)
    for name in _READ_TABLES:
        optimize_fully(getattr(tables, name))
    for name in _OTHER_TABLES:
        if fragment_count(getattr(tables, name)) > _MAX_PARTS:
            compact(getattr(tables, name))


@crossing(Boundary.CHOOSE_VECTOR_INDEX)
def _choose_vector_index(tables: Tables, probes: Probes, settings: IndexSettings) -> list[str]:
    """Choose a vector index where there is none, or where the present one no longer fits.

    It no longer fits if the number of rows has changed much, or if it does not reach the required
    recall even when all its partitions are searched.

    Returns:
        The kinds of index that were tried, in words.
    """
    chunks, rows = tables.chunks, tables.chunks.count_rows()
    index = current_vector_index(chunks)
    access = Access.of(tables.location)
    if not access.is_due(rows, settings) and not has_vector_index(chunks):
        return []
    if index is None or _is_outdated(index, rows):
        return choose_vector_index(chunks, probes, settings, access)[1]
    # Exact search was chosen for about this number of rows, and needs no tuning.
    if index.kind == "exact":
        return []
    if _segment_count(tables) > _MAX_PARTS:
        index.build(chunks)
    if tune_to_recall(chunks, probes, index, settings.min_recall):
        return []
    return choose_vector_index(chunks, probes, settings, access)[1]


def _is_outdated(index: VectorIndex, rows: int) -> bool:
    """Return whether the index was chosen for another number of rows, or by an earlier Vouch.

    That earlier version did not record when the index was partitioned, and the store has merged
    the partitions of its indexes.
    """
    if not index.rows / _GROWTH < rows < index.rows * _GROWTH:
        return True
    return index.kind != "exact" and index.cut_at is None


def _segment_count(tables: Tables) -> int:
    return max(
        (
            index.num_segments or 1
            for index in tables.chunks.list_indices()
            if index.name == VECTOR_INDEX
        ),
        default=0,
    )


def _show(tables: Tables, newest: RunRecord) -> None:
    """Let readers see the newest versions as the state that this run published.

    The record changes first, because readers follow it. A tag that lags behind holds the same
    rows.
    """
    versions = newest.versions | {name: getattr(tables, name).version for name in _READ_TABLES}
    if versions != newest.versions:
        with crossing(Boundary.WRITE_RUN):
            write_run(tables, newest.model_copy(update={"versions": versions}))
    tag_state(tables, newest.run_id, _READ_TABLES)


def _figures(tables: Tables, probes: Probes) -> IndexFigures:
    index = current_vector_index(tables.chunks)
    measured = measure(tables.chunks, probes, index)
    stored = f", stored as {tables.vectors}" if tables.vectors != "float32" else ""
    unindexed = [index.num_unindexed_rows or 0 for index in tables.chunks.list_indices()]
    return IndexFigures(
        vectors=f"{index or 'an index that was never measured'}{stored}",
        recall=round(measured.recall, 4),
        search_ms=round(measured.cpu_ms, 2),
        p95_ms=round(measured.p95_ms, 2),
        unindexed=max(unindexed, default=0),
        fragments=sum(fragment_count(getattr(tables, name)) for name in _READ_TABLES),
        # Without branches, which are candidates of runs in progress, and without shadows.
        bytes=sum(
            file.size
            for file in tables.location.files()
            if "/tree/" not in file.path and not file.path.startswith("shadows/")
        ),
    )
