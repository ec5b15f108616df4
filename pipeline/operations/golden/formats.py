"""Reads questions and the documents that answer them from files of other programs.

- csv: a row for each question, with a heading; the order and case of its columns do not matter
- jsonl: golden queries as `retrieval.golden` has them
- beir: a folder with `queries.jsonl` and `qrels/*.tsv`, or such a .tsv file beside its queries
- ranx: a JSON object of document grades by question id, as ranx writes judgements
- qrels: the lines of TREC, which ir-measures reads: question, iteration, document, grade

The last three have ids: the questions' texts are in another file.
"""

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vouch.pipeline.context.text_files import read_text
from vouch.schemas.errors import SettingsError
from vouch.schemas.search_profiles import read_values
from vouch.schemas.settings.choices import GoldenFormat

_COLUMNS = {
    "id": ("id", "_id", "queryid", "qid"),
    "query": ("query", "question", "text", "prompt"),
    "document": ("uri", "document", "doc", "documentid", "docid", "path", "file", "url"),
    "answer": ("answer", "passage", "reference", "expected", "context"),
    "source": ("source",),
    "tags": ("tags", "tag", "category", "categories", "topic"),
    "owner": ("owner", "author"),
    "language": ("language", "lang"),
    "importance": ("importance", "weight"),
    "filters": ("filters", "where"),
    "profile": ("profile",),
    "values": ("values",),
    "not_from": ("notfrom",),
    "absent": ("absent",),
}
_LISTS = ("tags", "filters", "values", "not_from")
_YES = {"1", "true", "yes", "y", "x"}
_NO = {"", "0", "false", "no", "n"}
_QUERY_ID = ("query-id", "query_id", "qid")


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """A question as a file has it. `place` says where, such as `line 3`.

    `documents` are names of documents with their grades, where no passage is named; `fields` are
    fields of `vouch.validators.retrieval.golden_queries.GoldenQuery`, not checked yet. A row with a
    `problem` cannot be used.
    """

    place: str
    fields: dict[str, Any] = field(default_factory=dict)
    documents: Mapping[str, int] = field(default_factory=dict)
    problem: str = ""


def read_rows(
    path: Path, layout: GoldenFormat | None, queries: Path | None
) -> Iterator[ImportedRow]:
    """Yield the questions of a file or folder; `queries` has their texts where `path` has ids.

    Without a layout it is found by name and content. Raises `SettingsError` for a file that is none
    of this layout as a whole.
    """
    layout = layout or _layout(path)
    return _READERS[layout](path, queries)


def _layout(path: Path) -> GoldenFormat:
    if path.is_dir():
        return GoldenFormat.BEIR
    ending = path.suffix.lower()
    if ending in (".jsonl", ".ndjson"):
        return GoldenFormat.JSONL
    if ending == ".json":
        return GoldenFormat.RANX
    if ending in (".csv", ".tsv"):
        first = read_text(path).partition("\n")[0].lower()
        is_beir = any(first.startswith(name) for name in _QUERY_ID)
        return GoldenFormat.BEIR if is_beir else GoldenFormat.CSV
    if ending in (".qrels", ".qrel", ".trec", ".txt"):
        return GoldenFormat.QRELS
    raise SettingsError(
        f"{path}: its name does not say what it is; name its layout with --format "
        f"{'|'.join(GoldenFormat)}"
    )


def _csv_rows(path: Path, queries: Path | None) -> Iterator[ImportedRow]:
    _no_queries(path, queries)
    text = read_text(path).removeprefix("\ufeff")
    reader = csv.reader(text.splitlines(keepends=True), delimiter=_delimiter(text), strict=True)
    try:
        heading = next(reader, [])
        columns = [_column(name) for name in heading]
        if "query" not in columns:
            raise SettingsError(
                f"{path}: no column is named query or question; its columns are "
                f"{', '.join(heading)[:200] or 'none'}"
            )
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _csv_row(f"line {line}", columns, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise SettingsError(f"{path}, line {reader.line_num}: it is no CSV ({error})") from error


def _delimiter(text: str) -> str:
    heading = text.partition("\n")[0]
    return max((",", ";", "\t"), key=heading.count)


def _column(name: str) -> str | None:
    key = re.sub(r"[\s_-]", "", name).lower()
    return next((field for field, names in _COLUMNS.items() if key in names), None)


def _csv_row(place: str, columns: list[str | None], cells: list[str]) -> ImportedRow:
    if len(cells) > len(columns):
        return ImportedRow(
            place, problem=f"it has {len(cells)} cells, and the heading {len(columns)}"
        )
    values = {
        name: cell.strip()
        for name, cell in zip(columns, cells, strict=False)
        if name and cell.strip()
    }
    fields: dict[str, Any] = dict(values)
    for name in _LISTS:
        if name in values:
            # A filter may contain a comma: its separators are those that no filter has.
            separator = r"[;\n]" if name in ("filters", "values") else r"[,;|\n]"
            fields[name] = tuple(part.strip() for part in re.split(separator, values[name]) if part)
    if "values" in fields:
        try:
            fields["values"] = read_values(fields["values"])
        except SettingsError as error:
            return ImportedRow(place, problem=str(error))
    absent = values.get("absent", "").lower()
    if absent not in _YES | _NO:
        return ImportedRow(place, fields, problem=f"absent is {absent[:40]!r}; write yes or no")
    fields["absent"] = absent in _YES
    if "query" not in values:
        return ImportedRow(place, problem="it has no question")
    document = fields.pop("document", None)
    if "answer" in values or document is None:
        return ImportedRow(place, fields | ({"uri": document} if document else {}))
    return ImportedRow(place, fields, {document: 1})


def _jsonl_rows(path: Path, queries: Path | None) -> Iterator[ImportedRow]:
    _no_queries(path, queries)
    for place, values in _json_lines(path):
        if not isinstance(values, dict):
            yield ImportedRow(place, problem=values)
        elif "query" not in values and "question" not in values:
            yield ImportedRow(place, problem="it has no question: a field named query")
        else:
            question = values.pop("question", None)
            yield ImportedRow(place, {"query": question} | values if question else values)


def _json_lines(path: Path) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """Yield the place and object of each line, or what is wrong with it."""
    for number, line in enumerate(read_text(path).removeprefix("\ufeff").split("\n"), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield f"line {number}", f"it is no JSON ({error})"
            continue
        is_object = isinstance(values, dict)
        yield f"line {number}", values if is_object else "it is no JSON object"


def _beir_rows(path: Path, queries: Path | None) -> Iterator[ImportedRow]:
    folder = path if path.is_dir() else path.parent
    files = sorted((path / "qrels").glob("*.tsv")) if path.is_dir() else [path]
    if not files:
        raise SettingsError(f"{path} has no qrels/*.tsv; name a file of judgements")
    if queries is None:
        near = (folder / "queries.jsonl", folder.parent / "queries.jsonl")
        queries = next((place for place in near if place.is_file()), None)
    grades: dict[str, dict[str, int]] = {}
    bad: list[ImportedRow] = []
    for file in files:
        lines = read_text(file).splitlines()
        for number, line in enumerate(lines[1:], 2):
            if line.strip():
                _judge(grades, bad, f"{file.name}, line {number}", line.split("\t"))
    yield from bad
    yield from _judged_rows(path, queries, grades)


def _judge(
    grades: dict[str, dict[str, int]], bad: list[ImportedRow], place: str, cells: list[str]
) -> None:
    """Add a judgement: question, document and grade; a line that is none to `bad`."""
    try:
        query, document, grade = (cell.strip() for cell in cells)
        grades.setdefault(query, {})[document] = int(float(grade))
    except (ValueError, OverflowError):
        bad.append(
            ImportedRow(place, problem="it is no question id, document id and grade as a number")
        )


def _ranx_rows(path: Path, queries: Path | None) -> Iterator[ImportedRow]:
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{path} is no JSON ({error})") from error
    if not isinstance(content, dict) or not all(
        isinstance(documents, dict) for documents in content.values()
    ):
        raise SettingsError(
            f"{path}: judgements of ranx are an object of objects: question id, document id, grade"
        )
    grades: dict[str, dict[str, int]] = {}
    bad: list[ImportedRow] = []
    for query, documents in content.items():
        grades.setdefault(query, {})
        for document, grade in documents.items():
            _judge(grades, bad, f"question {query}", [query, document, str(grade)])
    yield from bad
    yield from _judged_rows(path, queries, grades)


def _qrels_rows(path: Path, queries: Path | None) -> Iterator[ImportedRow]:
    import ir_measures

    grades: dict[str, dict[str, int]] = {}
    for number, line in enumerate(read_text(path).split("\n"), 1):
        try:
            for qrel in ir_measures.read_trec_qrels(f"{line}\n"):  # type: ignore[no-untyped-call]
                grades.setdefault(qrel.query_id, {})[qrel.doc_id] = qrel.relevance
        except ValueError:
            yield ImportedRow(
                f"line {number}", problem="it is no question, iteration, document and grade"
            )
    yield from _judged_rows(path, queries, grades)


def _judged_rows(
    path: Path, queries: Path | None, grades: Mapping[str, Mapping[str, int]]
) -> Iterator[ImportedRow]:
    """Yield the questions that have a judgement; of grade 0 a document is irrelevant."""
    if queries is None:
        raise SettingsError(
            f"{path} has ids of questions and not their texts; name the file that has them with "
            "--queries"
        )
    texts = _query_texts(queries)
    for query, documents in grades.items():
        relevant = {name: grade for name, grade in documents.items() if grade > 0}
        problem = ""
        if query not in texts:
            problem = f"{queries.name} has no question {query!r}"
        elif not relevant:
            problem = "no document is judged to be relevant"
        fields = {"id": query, "query": texts.get(query, "")}
        yield ImportedRow(f"question {query}", fields, relevant, problem)


def _query_texts(path: Path) -> dict[str, str]:
    """Return the texts of questions by id, of JSON lines, a JSON object, or lines with tabs."""
    text = read_text(path).removeprefix("\ufeff")
    if path.suffix.lower() == ".json":
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SettingsError(f"{path} is no JSON ({error})") from error
        if isinstance(content, dict):
            return {str(name): str(value) for name, value in content.items()}
        raise SettingsError(f"{path}: questions are a JSON object of texts by id, or JSON lines")
    if text.lstrip().startswith("{"):
        return dict(_query_of(path, place, values) for place, values in _json_lines(path))
    rows = [line.split("\t", 1) for line in text.splitlines() if "\t" in line]
    return {name.strip(): value.strip() for name, value in rows}


def _query_of(path: Path, place: str, values: dict[str, Any] | str) -> tuple[str, str]:
    if isinstance(values, str):
        raise SettingsError(f"{path}, {place}: {values}")
    names = {_column(name): value for name, value in reversed(values.items())}
    if "id" not in names or "query" not in names:
        raise SettingsError(f"{path}, {place}: it has no _id and text")
    return str(names["id"]), str(names["query"])


def _no_queries(path: Path, queries: Path | None) -> None:
    if queries is not None:
        raise SettingsError(f"{path} has its questions itself; leave --queries away")


_READERS: dict[GoldenFormat, Callable[[Path, Path | None], Iterator[ImportedRow]]] = {
    GoldenFormat.CSV: _csv_rows,
    GoldenFormat.JSONL: _jsonl_rows,
    GoldenFormat.BEIR: _beir_rows,
    GoldenFormat.RANX: _ranx_rows,
    GoldenFormat.QRELS: _qrels_rows,
}
