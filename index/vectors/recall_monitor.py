"""Keep the recall of the vector index at its minimum while rows come and go.

The store adds new rows to existing partitions, but now and then it partitions the index again.
The same number of partitions then holds other rows and has another recall. New rows may also be
unlike those on which recall was measured.
"""

from lancedb.table import Table

from vouch.index.vectors.tuning import Probes, measure, tune, with_measurement
from vouch.index.vectors.vector_index import (
    VECTOR_INDEX,
    VectorIndex,
    current_vector_index,
    partitioned_at,
    record_vector_index,
)
from vouch.schemas.settings.index import IndexSettings

# Share of rows that may come without a measurement. If half of them were not found, recall would
# fall by one hundredth.
_MAX_UNSEEN_SHARE = 0.02


def count_unseen(chunks: Table) -> None:
    """Add the rows that the index is about to include to its count of unseen rows.

    If a crash has them counted twice, recall is only measured earlier.
    """
    index = current_vector_index(chunks)
    new = sum(
        stats.num_unindexed_rows or 0
        for stats in chunks.list_indices()
        if stats.name == VECTOR_INDEX
    )
    if new and index is not None:
        record_vector_index(chunks, index.model_copy(update={"unseen": index.unseen + new}))


def ensure_recall(chunks: Table, settings: IndexSettings) -> None:
    """After a publication, measure the recall if it may have changed, and restore it.

    First more partitions are searched. If all of them do not reach `index.min_recall`, the index
    is dropped, and search is exact until maintenance chooses another.
    """
    index = current_vector_index(chunks)
    if index is None or index.kind == "exact" or not _must_measure(chunks, index):
        return
    if not tune_to_recall(chunks, Probes.of(chunks), index, settings.min_recall):
        chunks.drop_index(VECTOR_INDEX)
        record_vector_index(chunks, VectorIndex())


def tune_to_recall(chunks: Table, probes: Probes, index: VectorIndex, minimum: float) -> bool:
    """Return whether the index reaches this recall, if need be with more partitions searched.

    What was measured is recorded where it is news.
    """
    measured = measure(chunks, probes, index)
    tuned = with_measurement(chunks, index, measured)
    # The mean decides here, not its lower bound: an index that once reached the recall is not tuned
    # again because of the chance of a sample.
    if measured.recall < minimum:
        tuned, measured = tune(chunks, probes, index, minimum)
        if not measured.reaches(minimum):
            return False
    if tuned.nprobes != index.nprobes or _must_measure(chunks, index):
        record_vector_index(chunks, tuned)
    return True


def _must_measure(chunks: Table, index: VectorIndex) -> bool:
    rows = chunks.count_rows()
    return (
        index.cut_at != partitioned_at(chunks)
        or index.unseen > _MAX_UNSEEN_SHARE * rows
        or rows < (1 - _MAX_UNSEEN_SHARE) * index.seen
    )
