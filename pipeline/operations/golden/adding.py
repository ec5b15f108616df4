"""Adds golden queries to the file of the settings."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from vouch.index.store.tables import Tables
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.operations.golden.golden_file import append, golden_place
from vouch.pipeline.operations.golden.published_documents import PublishedDocuments
from vouch.schemas.documents.ids import sha256_text
from vouch.schemas.errors import SettingsError
from vouch.schemas.filters import Values
from vouch.schemas.settings.wrong_values import wrong_field
from vouch.validators.retrieval.golden_queries import Forbidden, GoldenQuery, check_profiles


def add_golden(
    file: SettingsFile,
    query: str,
    uri: str | None = None,
    answer: str | None = None,
    source: str | None = None,
    filters: Sequence[str] = (),
    language: str | None = None,
    *,
    tags: Sequence[str] = (),
    owner: str | None = None,
    importance: float = 1.0,
    not_from: Sequence[str | Forbidden] = (),
    absent: bool = False,
    note: str | None = None,
    profile: str | None = None,
    values: Values | None = None,
) -> GoldenQuery:
    """Append a query to the file that `retrieval.golden` names; the first one makes the file.

    The answer must be in the published document. `not_from` are documents that must not answer, or
    patterns of them, and of an `absent` query none must; such a query needs no answer. Raises
    `SettingsError` where no file is named, the query is wrong or in it already, or the settings do
    not have its profile, `NotFound` where the document or the answer is not found.
    """
    place = golden_place(file)
    fields: dict[str, Any] = {
        "id": query_id(query, uri or "", answer or "", profile or ""),
        "query": query,
        "filters": tuple(filters),
        "language": language,
        "tags": tuple(tags),
        "owner": owner,
        "importance": importance,
        "not_from": tuple(
            each if isinstance(each, Forbidden) else Forbidden(source=source, uri=each)
            for each in not_from
        ),
        "note": note,
        "profile": profile,
        "values": dict(values or {}),
        "absent": absent,
    }
    if (uri is None) != (answer is None):
        missing = "--answer" if answer is None else "--document"
        raise SettingsError(f"{missing} is missing: a document and its passage belong together")
    if uri is not None and answer is not None:
        documents = PublishedDocuments(Tables.open(file.index_location))
        of_source, uri = documents.with_answer(uri, answer, source)
        fields |= {"source": of_source, "uri": uri, "answer": answer}
    elif not (not_from or absent):
        raise SettingsError(
            "name the document and the passage that answers it (--document, --answer), or what "
            "must not: --not-from PATTERN, or --absent where no document may"
        )
    added = new_query(fields)
    check_profiles([added], file.settings.profiles, "golden queries")
    append(place, [added])
    return added


def query_id(query: str, uri: str, answer: str, profile: str = "") -> str:
    """Return the id of a query that has none of its own."""
    by = f"\n{profile}" if profile else ""
    return sha256_text(f"{query}\n{uri}\n{answer}{by}")[:12]


def new_query(fields: dict[str, Any]) -> GoldenQuery:
    """Return a query. Raises `SettingsError` in a sentence where its fields are wrong."""
    try:
        return GoldenQuery.model_validate(fields)
    except ValidationError as error:
        raise SettingsError(wrong_field(error.errors()[0])) from error
