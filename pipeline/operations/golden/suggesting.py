"""Suggests golden queries from the published documents, and moves accepted ones to their file."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Any

from vouch.index.store.tables import Tables, is_in, rows
from vouch.pipeline.context.index_model import open_index
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.operations.golden.adding import query_id
from vouch.pipeline.operations.golden.golden_file import append, golden_place, remove, text_of
from vouch.pipeline.operations.golden.suggested_questions import Suggestion, questions_of
from vouch.pipeline.operations.retrieval_evaluation import SearchWay
from vouch.schemas.documents.codec import load_document
from vouch.schemas.documents.ids import sha256_text
from vouch.schemas.errors import IndexError_, NotFound
from vouch.storage.location import Location
from vouch.validators.retrieval.golden_queries import GoldenQuery, load_golden, locate
from vouch.validators.retrieval.hits import FoundPlace, SearchHit
from vouch.validators.retrieval.scoring import Search

_DOCUMENTS = 20  # read for each query that is wanted
_SEARCHED = 3  # candidates that are searched for, for each query that is wanted
_PER_DOCUMENT = 2
_BATCH = 50


@dataclass(frozen=True, slots=True)
class _Candidate:
    query: GoldenQuery
    is_question: bool
    group: tuple[str, str | None, str | None]


def suggestions_place(file: SettingsFile) -> Location:
    """Return where suggestions are: beside the golden queries, as `golden.suggested.jsonl`.

    Raises `SettingsError` where the settings name no file of golden queries.
    """
    golden_place(file)
    name = str(file.settings.retrieval.golden)
    stem = name.removesuffix(".jsonl")
    return file.location(f"{stem}.suggested.jsonl")


def suggest(file: SettingsFile, count: int, source: str | None = None) -> list[GoldenQuery]:
    """Add suggestions to their file, and return them; the golden queries stay as they are.

    They are questions in the text with what answers them, else headings with the passage below,
    spread over sources, languages and formats. Those come first that search finds, but not at once.
    Raises `IndexError_` where nothing is published.
    """
    place = suggestions_place(file)
    tables = Tables.open(file.index_location)
    existing = [*load_golden(file.golden or ""), *load_golden(text_of(place))]
    candidates = _candidates(tables, existing, count, source)
    index, settings = open_index(file).searcher, file.settings.retrieval
    if settings.mode != "text":
        index.prepare(candidate.query.query for candidate in candidates)
    search = SearchWay(settings).on(index)
    ranked = [(_rank(candidate, search), candidate) for candidate in candidates]
    usable = [(rank, candidate) for rank, candidate in ranked if rank is not None]
    usable.sort(key=lambda pair: (not pair[1].is_question, pair[0]))
    suggested = [candidate.query for candidate in islice(_spread(usable), count)]
    append(place, suggested)
    return suggested


def accept(
    file: SettingsFile,
    ids: Collection[str] | None,
    tags: Sequence[str] = (),
    owner: str | None = None,
    wording: str | None = None,
) -> list[GoldenQuery]:
    """Move suggestions to the golden queries; all of them without `ids`. Returns what was added.

    `wording` is how people ask what a single suggestion asks. Raises `NotFound` where there are
    none, or an id is of none of them.
    """
    place = suggestions_place(file)
    suggested = {query.id: query for query in load_golden(text_of(place), place.name)}
    missing = sorted(set(ids or ()) - suggested.keys())
    if missing or not suggested:
        problem = f"no suggestion is called {', '.join(missing)}" if missing else "there are none"
        raise NotFound(f"{problem}; `vouch golden suggest` makes suggestions in {place.name}")
    accepted = [
        query.model_copy(
            update={
                "tags": tuple(dict.fromkeys([*query.tags, *tags])),
                "owner": owner or query.owner,
                "query": wording or query.query,
            }
        )
        for query in suggested.values()
        if ids is None or query.id in ids
    ]
    # Added before they are removed: a command that is cut short between loses none.
    append(golden_place(file), [GoldenQuery.model_validate(each.model_dump()) for each in accepted])
    remove(place, {query.id for query in accepted})
    return accepted


def _candidates(
    tables: Tables, existing: Sequence[GoldenQuery], count: int, source: str | None
) -> list[_Candidate]:
    """Return what may be suggested, questions first; what the documents repeat is left out."""
    read_candidates: list[_Candidate] = []
    sample = list(islice(_sample(tables, source), _DOCUMENTS * count))
    for start in range(0, len(sample), _BATCH):
        read_candidates += _read(tables, sample[start : start + _BATCH])
        if sum(candidate.is_question for candidate in read_candidates) >= _SEARCHED * count:
            break
    existing_queries = {_key(query.query) for query in existing}
    queries = Counter(_key(candidate.query.query) for candidate in read_candidates)
    answers = Counter(_key(candidate.query.answer) for candidate in read_candidates)
    single = [
        candidate
        for candidate in read_candidates
        if queries[_key(candidate.query.query)] == answers[_key(candidate.query.answer)] == 1
        and _key(candidate.query.query) not in existing_queries
    ]
    single.sort(key=lambda candidate: not candidate.is_question)
    per_document = _first_of_documents(single)
    return list(islice(per_document, _SEARCHED * count))


def _key(text: str) -> str:
    return " ".join(text.casefold().split())


def _sample(tables: Tables, source: str | None) -> Iterator[dict[str, Any]]:
    """Yield published documents, of each source, language and format in turn, in the same order
    for the same documents.
    """
    groups: dict[tuple[str, str | None, str | None], list[dict[str, Any]]] = {}
    columns = ("document_id", "source", "uri", "language", "media_type", "status")
    for row in rows(tables.documents, columns).to_pylist():
        if row["status"] == "published" and source in (None, row["source"]):
            group = (row["source"], row["language"], row["media_type"])
            groups.setdefault(group, []).append(row)
    if not groups:
        raise IndexError_("no document is published that questions could be about")
    for documents in groups.values():
        documents.sort(key=lambda row: sha256_text(row["document_id"]))
    for turn in zip_longest(*(groups[group] for group in sorted(groups, key=str))):
        yield from (row for row in turn if row is not None)


def _read(tables: Tables, documents: Iterable[dict[str, Any]]) -> Iterator[_Candidate]:
    """Yield what the questions and headings of documents may be asked for."""
    by_id = {row["document_id"]: row for row in documents}
    columns = ("document_id", "canonical_text", "structure")
    read = rows(tables.documents, columns, is_in("document_id", by_id)).to_pylist()
    stored = {row["document_id"]: row for row in read}
    for identity, row in by_id.items():
        text, structure = stored[identity]["canonical_text"], stored[identity]["structure"]
        if not text or not structure:
            continue
        for suggestion in questions_of(load_document(text, structure)):
            group = (row["source"], row["language"], row["media_type"])
            yield _Candidate(_to_query(suggestion, row), suggestion.is_question, group)


def _to_query(suggestion: Suggestion, row: dict[str, Any]) -> GoldenQuery:
    return GoldenQuery(
        id=query_id(suggestion.query, row["uri"], suggestion.answer),
        query=suggestion.query,
        source=row["source"],
        uri=row["uri"],
        answer=suggestion.answer,
        language=row["language"],
    )


def _first_of_documents(candidates: Iterable[_Candidate]) -> Iterator[_Candidate]:
    seen: Counter[tuple[str, str]] = Counter()
    for candidate in candidates:
        document = (candidate.query.source, candidate.query.uri)
        seen[document] += 1
        if seen[document] <= _PER_DOCUMENT:
            yield candidate


def _rank(candidate: _Candidate, search: Search) -> int | None:
    """Return a sort key: found, but not first; found first; not found.

    None where another document contains the answer too.
    """
    query = candidate.query
    hits = search(query)
    holding = {rank: hit for rank, hit in enumerate(hits) if _contains(hit, query.answer)}
    if any(not _is_of(place, query) for hit in holding.values() for place in hit.places):
        return None
    for rank, hit in holding.items():
        if _is_of(hit, query):
            return 0 if rank else 1
    return 2


def _is_of(place: FoundPlace, query: GoldenQuery) -> bool:
    return (place.source, place.uri) == (query.source, query.uri)


def _contains(hit: SearchHit, answer: str) -> bool:
    return bool(locate(answer, hit.text))


def _spread(ranked: Sequence[tuple[int, _Candidate]]) -> Iterator[_Candidate]:
    """Yield candidates of each source, language and format in turn, the best of each first."""
    groups: dict[tuple[str, str | None, str | None], list[_Candidate]] = {}
    for _, candidate in ranked:
        groups.setdefault(candidate.group, []).append(candidate)
    for turn in zip_longest(*groups.values()):
        yield from (candidate for candidate in turn if candidate is not None)
