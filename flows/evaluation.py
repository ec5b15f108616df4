"""Golden queries against the published index, by each kind of search."""

from collections.abc import Iterable
from functools import partial
from typing import get_args

import index
from flows.settings_file import SettingsFile
from index.search import Mode
from index.tables import Tables, is_in, rows
from validators.retrieval import GoldenQuery, RetrievalScore, load_golden, score


def evaluate(file: SettingsFile, golden: str) -> dict[str, RetrievalScore]:
    """`golden` is the text of a golden query file; the scores are by mode of search."""
    queries = load_golden(golden)
    texts = canonical_texts(Tables.open(file.index_folder), queries)
    published = index.open(file.index_folder)
    return {mode: score(queries, texts, partial(published.search, k=10, mode=mode)) for mode in get_args(Mode)}


def canonical_texts(tables: Tables, queries: Iterable[GoldenQuery]) -> dict[tuple[str, str], str]:
    """The published texts of the documents that the queries are about, by source and uri."""
    wanted = is_in("uri", {query.uri for query in queries})
    held = rows(tables.documents, ("source", "uri", "canonical_text"), wanted).to_pylist()
    return {(row["source"], row["uri"]): row["canonical_text"] or "" for row in held}
