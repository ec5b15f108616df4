"""Keeps true what was measured of the vectors' index, while rows come and go.

The store takes new rows up into the partitions that are there, but now and then it cuts these anew: then as many of them
hold other rows, and find more or less. Rows may also come that are unlike those on which it was measured.
"""

from lancedb.table import Table

from vouch.index.vectors.tuning import Probes, measure, told, tune
from vouch.index.vectors.vector_index import VECTOR_INDEX, VectorIndex, cut_at, current_vector_index, note
from vouch.schemas.settings import IndexSettings

_UNSEEN = (
    0.02  # of the rows: found half as well as the others, they would cost one hundredth of recall
)


def count_unseen(chunks: Table) -> None:
    """Add to the note the rows that the index is about to take up; counted twice, they are only measured earlier."""
    index = current_vector_index(chunks)
    fresh = sum(
        one.num_unindexed_rows or 0 for one in chunks.list_indices() if one.name == VECTOR_INDEX
    )
    if fresh and index is not None:
        note(chunks, index.model_copy(update={"unseen": index.unseen + fresh}))


def ensure_recall(chunks: Table, settings: IndexSettings) -> None:
    """After a publication: where it may find other than was measured, measure, and look into more partitions if need be.

    Where all of them do not find enough, search is exact, until maintenance chooses anew.
    """
    index = current_vector_index(chunks)
    if index is None or index.kind == "exact" or not _is_due(chunks, index):
        return
    if not keep(chunks, Probes.of(chunks), index, settings.min_recall):
        chunks.drop_index(VECTOR_INDEX)
        note(chunks, VectorIndex())


def keep(chunks: Table, queries: Probes, index: VectorIndex, least: float) -> bool:
    """Whether the index finds enough, with more partitions looked into if need be; what is new of it is noted."""
    measured = measure(chunks, queries, index)
    kept = told(chunks, index, measured)
    if measured.recall < least:
        kept, measured = tune(chunks, queries, index, least)
        if not measured.reaches(least):
            return False
    if kept.nprobes != index.nprobes or _is_due(chunks, index):
        note(chunks, kept)
    return True


def _is_due(chunks: Table, index: VectorIndex) -> bool:
    rows = chunks.count_rows()
    return (
        index.cut_at != cut_at(chunks)
        or index.unseen > _UNSEEN * rows
        or rows < (1 - _UNSEEN) * index.seen
    )
