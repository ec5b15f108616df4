"""Adds golden queries to the file of the settings."""

from vouch.index.store.tables import Tables, is_in, rows
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.schemas.documents.ids import sha256_text
from vouch.schemas.errors import NotFound, SettingsError
from vouch.validators.retrieval.golden_queries import GoldenQuery, load_golden, locate


def add_golden(
    file: SettingsFile,
    query: str,
    uri: str,
    answer: str,
    source: str | None = None,
    filters: tuple[str, ...] = (),
    language: str | None = None,
) -> GoldenQuery:
    """Append a query to the file that `retrieval.golden` names; the first one makes the file.

    The answer must be in the published document. Raises `SettingsError` where no file is named or
    the query is in it already, `NotFound` where the document or the answer is not found.
    """
    name, text = file.settings.retrieval.golden, file.golden
    if name is None or text is None:
        raise SettingsError(
            "no file of golden queries is named; set retrieval.golden in vouch.yaml"
        )
    queries = load_golden(text)
    added = GoldenQuery(
        id=sha256_text(f"{query}\n{uri}\n{answer}")[:12],
        query=query,
        source=_source(file, uri, answer, source),
        uri=uri,
        answer=answer,
        filters=filters,
        language=language,
    )
    if added.id in {golden.id for golden in queries}:
        raise SettingsError(f"this query is in {name} already, as {added.id}")
    line = added.model_dump_json(exclude_defaults=True) + "\n"
    before = text if text.endswith("\n") or not text else text + "\n"
    file.location(name).write_text(before + line)
    return added


def _source(file: SettingsFile, uri: str, answer: str, source: str | None) -> str:
    """Return the source of the published document with this uri that has the answer."""
    documents = Tables.open(file.index_location).documents
    same_uri = rows(documents, ("source", "canonical_text"), is_in("uri", [uri])).to_pylist()
    candidates = [row for row in same_uri if source in (None, row["source"])]
    if not candidates:
        raise NotFound(f"the index holds no document {uri}; `vouch search` shows uris")
    matching = [row["source"] for row in candidates if locate(answer, row["canonical_text"] or "")]
    if len(matching) != 1:
        reason = (
            "is in documents of several sources; name one with --source"
            if matching
            else "is not in it"
        )
        raise NotFound(f"{uri}: the answer {answer[:60]!r} {reason}")
    return str(matching[0])
