"""Adds to the golden queries of the settings."""

from vouch.index.store.tables import Tables, is_in, rows
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.schemas.errors import NotFound, SettingsError
from vouch.schemas.ids import sha256_text
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
    """Append a query to the file that `retrieval.golden` names, which the first one makes.

    The answer must stand in the published document. Raises `SettingsError` where no file is named or the query is there
    already, `NotFound` where the answer is not.
    """
    name, text = file.settings.retrieval.golden, file.golden
    if name is None or text is None:
        raise SettingsError(
            "no file of golden queries is named; set retrieval.golden in vouch.yaml"
        )
    held = load_golden(text)
    made = GoldenQuery(
        id=sha256_text(f"{query}\n{uri}\n{answer}")[:12],
        query=query,
        source=_source(file, uri, answer, source),
        uri=uri,
        answer=answer,
        filters=filters,
        language=language,
    )
    if made.id in {one.id for one in held}:
        raise SettingsError(f"this query is there already, as {made.id}")
    path = file.folder / name
    line = made.model_dump_json(exclude_defaults=True) + "\n"
    whole = text if text.endswith("\n") or not text else text + "\n"
    unfinished = path.with_name(f"{path.name}.tmp")
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished.write_text(whole + line, "utf-8")
    unfinished.replace(path)
    return made


def _source(file: SettingsFile, uri: str, answer: str, source: str | None) -> str:
    """That of the published document with this uri in which the answer stands."""
    documents = Tables.open(file.index_folder).documents
    found = rows(documents, ("source", "canonical_text"), is_in("uri", [uri])).to_pylist()
    known = [row for row in found if source in (None, row["source"])]
    if not known:
        raise NotFound(f"the index holds no document {uri}; `vouch search` shows uris")
    holding = [row["source"] for row in known if locate(answer, row["canonical_text"] or "")]
    if len(holding) != 1:
        told = (
            "stands in several sources' documents; name one with --source"
            if holding
            else "does not stand in it"
        )
        raise NotFound(f"{uri}: the answer {answer[:60]!r} {told}")
    return str(holding[0])
