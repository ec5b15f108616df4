"""Imports golden queries from files of other programs: row by row, each checked in the index."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vouch.index.store.tables import Tables
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.operations.golden.adding import new_query, query_id
from vouch.pipeline.operations.golden.formats import ImportedRow, read_rows
from vouch.pipeline.operations.golden.golden_file import append, golden_place
from vouch.pipeline.operations.golden.published_documents import PublishedDocuments
from vouch.schemas.errors import NotFound, SettingsError
from vouch.schemas.settings.choices import GoldenFormat
from vouch.validators.retrieval.golden_queries import (
    GoldenQuery,
    check_profiles,
    load_golden,
    locate,
)

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that was not imported: where it is in the file, and why."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import has added, or would add, and the rows that it cannot use."""

    added: tuple[GoldenQuery, ...]
    skipped: tuple[Skipped, ...]


def import_golden(
    file: SettingsFile,
    path: Path,
    layout: GoldenFormat | None = None,
    queries: Path | None = None,
    *,
    source: str | None = None,
    id_field: str | None = None,
    tags: Sequence[str] = (),
    owner: str | None = None,
    strict: bool = False,
    dry_run: bool = False,
) -> Imported:
    """Add the questions of a file to the golden queries; a row that cannot be used is skipped.

    Args:
        file: The settings.
        path: The file, or the folder of a BEIR collection.
        layout: What it is; by default found by its name and content.
        queries: The file with the questions' texts, where `path` has their ids.
        source: The source whose documents are meant; by default any.
        id_field: A metadata field that has the names of documents, if they are neither uris nor
            file names.
        tags: Tags for all of them, besides their own.
        owner: The owner of those that name none.
        strict: Add nothing where a row cannot be used.
        dry_run: Add nothing at all.

    Raises:
        SettingsError: The file cannot be read, or a row cannot be used and `strict` is set.
    """
    place = golden_place(file)
    documents = PublishedDocuments(Tables.open(file.index_location), id_field)
    existing = load_golden(file.golden or "")
    added: list[GoldenQuery] = []
    skipped: list[Skipped] = []
    by_digest = {query.digest: query.id for query in existing}
    ids = {query.id for query in existing}
    for row in read_rows(path, layout, queries):
        try:
            query = _query(row, documents, source, tags, owner)
            check_profiles([query], file.settings.profiles, row.place)
            if query.digest in by_digest:
                raise SettingsError(f"it is there already, as {by_digest[query.digest]}")
            if query.id in ids:
                raise SettingsError(f"another query has the id {query.id}")
        except (SettingsError, NotFound) as error:
            skipped.append(Skipped(row.place, str(error)))
            continue
        by_digest[query.digest] = query.id
        ids.add(query.id)
        added.append(query)
    result = Imported(tuple(added), tuple(skipped))
    if strict and skipped:
        first = "; ".join(f"{each.place}: {each.reason}" for each in skipped[:_SHOWN])
        raise SettingsError(
            f"{path}: {len(skipped):,} rows cannot be used, so nothing was added: {first}"
        )
    if added and not dry_run:
        append(place, added)
    return result


def _query(
    row: ImportedRow,
    documents: PublishedDocuments,
    source: str | None,
    tags: Sequence[str],
    owner: str | None,
) -> GoldenQuery:
    """Return the query of a row. Raises `SettingsError` or `NotFound` where it cannot be used."""
    if row.problem:
        raise SettingsError(row.problem)
    fields = dict(row.fields)
    own = fields.get("tags") or ()
    if isinstance(own, str | list | tuple):
        fields["tags"] = tuple(dict.fromkeys([*([own] if isinstance(own, str) else own), *tags]))
    fields.setdefault("owner", owner)
    source = fields.get("source") or source
    answer, uri = fields.get("answer"), fields.get("uri")
    if isinstance(answer, str) and isinstance(uri, str):
        fields["source"], fields["uri"] = documents.with_answer(uri, answer, source)
    elif row.documents:
        fields.pop("source", None)
        fields["relevant"] = tuple(_relevant(row, documents, source))
    elif answer is not None:
        raise SettingsError("it has an answer, and names no document")
    names = (str(uri or ", ".join(row.documents)), str(answer or ""))
    profile = str(fields.get("profile") or "")
    fields.setdefault("id", query_id(str(fields["query"]), *names, profile))
    query = new_query(fields)
    for relevant in query.answers:
        key = (relevant.source, relevant.uri)
        if key not in documents.named(relevant.uri, relevant.source):
            raise NotFound(f"the index holds no document {key[1]} of the source {key[0]}")
        if relevant.answer is not None and not locate(relevant.answer, documents.text(key)):
            raise NotFound(f"{relevant.uri}: the answer {relevant.answer[:60]!r} is not in it")
    return query


def _relevant(
    row: ImportedRow, documents: PublishedDocuments, source: str | None
) -> Iterator[Mapping[str, Any]]:
    missing = [name for name in row.documents if not documents.named(name, source)]
    if missing:
        raise NotFound(f"the index holds no document {', '.join(missing[:_SHOWN])}")
    for name, grade in row.documents.items():
        of_source, uri = documents.only(name, source)
        yield {"source": of_source, "uri": uri, "grade": grade}
