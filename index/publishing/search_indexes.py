"""The indexes that make the tables quick to search: created once, and brought up to date."""

import logging

from lancedb.index import FTS, BTree, IndexConfig
from lancedb.table import Table

from vouch.index.store.tables import Tables, compact, fragment_count
from vouch.index.vectors.recall_monitor import count_unseen, ensure_recall
from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.settings.index import IndexSettings

TEXT_COLUMNS = ("text", "embedded_text")
# A row that is in no search index is still found, at a cost: 0.2 ms of processor time a query by
# words. Adding rows to the indexes costs as much for one row as for thousands, so it waits until
# a query would notice.
_MAX_UNINDEXED_SHARE = 1e-4
_MAX_FRAGMENTS = 16  # of a table, before it is compacted
_log = logging.getLogger("vouch")
_KEY_INDEX = "document_id_idx"
_KEY_INDEX_FROM_ROWS = 10_000  # scanning fewer documents takes no longer than using an index


def create_text_indexes(chunks: Table) -> None:
    """Create the full-text indexes that do not exist yet, or were made by Vouch 0.8.0 or before,
    without the positions of words; an empty table gets none.
    """
    if not chunks.count_rows():
        return
    existing = {index.name: index for index in chunks.list_indices()}
    for column in TEXT_COLUMNS:
        name = f"{column}_idx"
        if name in existing and _has_positions(existing[name]):
            continue
        # Words of every script are split. Stems are English. Stop words stay, because
        # "to be or not to be" is a query. A SHA-512 in hexadecimal has 128 characters.
        config = FTS(
            base_tokenizer="icu/split",
            remove_stop_words=False,
            with_position=True,
            max_token_length=128,
        )
        chunks.create_index(column, config=config, name=name)


def renew_text_indexes(chunks: Table) -> None:
    """Create the full-text indexes as `create_text_indexes` does, and announce it where they were
    made by an earlier version.
    """
    names = {index.name for index in chunks.list_indices()}
    if f"{TEXT_COLUMNS[0]}_idx" in names and not has_positions(chunks):
        _log.warning(
            "the full-text index is made again, once: with the positions of words, by which "
            "identifiers are found as such"
        )
    create_text_indexes(chunks)


def has_positions(chunks: Table) -> bool:
    """Return whether the full-text indexes know which words are side by side."""
    names = {f"{column}_idx" for column in TEXT_COLUMNS}
    indexes = [index for index in chunks.list_indices() if index.name in names]
    return len(indexes) == len(names) and all(map(_has_positions, indexes))


def _has_positions(index: IndexConfig) -> bool:
    return bool((index.index_details or {}).get("with_position"))


def create_key_index(documents: Table) -> None:
    """Create the index on `document_id`, by which a passage's text is looked up."""
    existing = {index.name for index in documents.list_indices()}
    if _KEY_INDEX not in existing and documents.count_rows() >= _KEY_INDEX_FROM_ROWS:
        documents.create_index("document_id", config=BTree(), name=_KEY_INDEX)


@crossing(Boundary.REFRESH_INDEXES)
def refresh_indexes(tables: Tables, settings: IndexSettings) -> None:
    """Add new rows to the search indexes where enough of them have come.

    The index on vectors is created and rebuilt by `vouch.index.publishing.maintenance` only.
    """
    renew_text_indexes(tables.chunks)
    if lagging_indexes(tables.chunks) or fragment_count(tables.chunks) > _MAX_FRAGMENTS:
        count_unseen(tables.chunks)
        compact(tables.chunks)
    ensure_recall(tables.chunks, settings)
    for table in (tables.documents, tables.quarantine):
        if fragment_count(table) > _MAX_FRAGMENTS:
            compact(table)


def lagging_indexes(chunks: Table) -> list[str]:
    """Return the search indexes that lack too many rows, each as `name: 1,234 rows`."""
    limit = _MAX_UNINDEXED_SHARE * chunks.count_rows()
    unindexed = [(index.name, index.num_unindexed_rows or 0) for index in chunks.list_indices()]
    return [f"{name}: {count:,} rows" for name, count in unindexed if count > limit]
