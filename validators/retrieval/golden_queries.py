"""Golden queries: questions with known answers, as a team keeps them in a file of JSON lines."""

import difflib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError, model_validator

from vouch.schemas.documents.ids import fingerprint
from vouch.schemas.documents.records import Span
from vouch.schemas.errors import SettingsError
from vouch.schemas.search_profiles import options_of, profile_named
from vouch.schemas.settings.profiles import ProfileSettings
from vouch.schemas.settings.wrong_values import wrong_field
from vouch.schemas.strict import Share, Strict

OVERALL = "overall"
"""The name of the group of all queries."""
FEEDBACK = "feedback"
"""The tag of queries that people have added on the pages of `vouch serve`."""
_SPACE = re.compile(r"\s+")
# A tag is part of names: of a check (`golden_minimum:tag:finance@retrieval`) and of a metric.
_NO_TAG = re.compile(r"[@,\"'\\\x00-\x1f\x7f]")
_MAX_TAG = 60  # characters
_MOST_NAMED = 8  # groups or tags of a message
_OWN = ("source", "uri", "answer")
_DECISIVE = {
    *_OWN, "query", "filters", "relevant", "not_from", "absent", "max_wording", "profile", "values",
}  # fmt: skip


def _tag(value: str) -> str:
    """Return a tag in lower case, so that `Finance` and `finance` are one."""
    tag = _SPACE.sub(" ", value.strip()).lower()
    if not tag or len(tag) > _MAX_TAG or _NO_TAG.search(tag):
        raise ValueError(
            f"a tag is one to {_MAX_TAG} characters without commas, quotes and @, got {value!r}"
        )
    return tag


class Relevant(Strict):
    """A passage that answers a question; without `answer`, any part of the document does.

    `grade` is how good an answer it is, for nDCG: 2 is better than 1.
    """

    source: str
    uri: str
    answer: str | None = None
    grade: int = Field(default=1, ge=1, le=100)


class Forbidden(Strict):
    """What must not answer a question: documents, or a passage of theirs.

    `uri` is a pattern as in .gitignore; without `source` it is about all sources. With `answer`
    only a hit that contains this text is a failure.
    """

    source: str | None = None
    uri: str = "**"
    answer: str | None = None


class GoldenQuery(Strict):
    """A question, the passages that answer it, and the filters of the search.

    Its answers are `source`, `uri` and `answer`, further ones `relevant`. A negative query has
    `not_from`, besides answers or alone; or it is `absent`: no document must answer it, so that no
    hit has more than `max_wording` of its wording (by default 0.7). `tags`, `owner` and `language`
    make the groups by which scores are broken down, and a query counts `importance` times in means.
    `note` says for people where it comes from.

    With a `profile` it is searched by that profile, with the `values` of its filters' parameters,
    and belongs to the group `profile:NAME` instead of all of these.
    """

    id: str
    query: str
    source: str = ""
    uri: str = ""
    answer: str = ""
    filters: tuple[str, ...] = ()
    profile: str | None = None
    values: dict[str, str | bool | int | float | tuple[str, ...]] = Field(default={})
    language: str | None = None
    tags: tuple[Annotated[str, AfterValidator(_tag)], ...] = ()
    owner: str | None = None
    note: str | None = None
    importance: float = Field(default=1.0, gt=0, le=1000)
    relevant: tuple[Relevant, ...] = ()
    not_from: tuple[Forbidden, ...] = ()
    absent: bool = False
    max_wording: Share | None = None

    @model_validator(mode="before")
    @classmethod
    def _read_patterns(cls, values: Any) -> Any:  # noqa: ANN401 - whatever is to be validated
        """Let `not_from` name patterns of documents as plain text."""
        if not isinstance(values, dict) or not isinstance(values.get("not_from"), list | tuple):
            return values
        entries = [{"uri": each} if isinstance(each, str) else each for each in values["not_from"]]
        return values | {"not_from": tuple(entries)}

    @model_validator(mode="after")
    def _check_answers(self) -> "GoldenQuery":
        # An empty text of a file of 0.10 is an answer that no document has, as it was there.
        missing = [name for name in _OWN if name not in self.model_fields_set]
        if missing and len(missing) < len(_OWN):
            raise ValueError(
                f"{missing[0]} is missing: source, uri and answer belong together; a whole "
                "document that answers is an entry of relevant"
            )
        if self.values and self.profile is None:
            raise ValueError("values are for the filters of a profile; name the profile")
        if self.max_wording is not None and not self.absent:
            raise ValueError("max_wording is about queries that are absent")
        if self.absent and self.answers:
            raise ValueError("a query that is absent has no answer; remove the answers or absent")
        if not (self.answers or self.not_from or self.absent):
            raise ValueError("source, uri and answer are missing, or relevant, not_from or absent")
        return self

    def __hash__(self) -> int:
        """Hash what tells queries apart; `values` is a dictionary, which has no hash."""
        return hash((self.id, self.query, self.uri, self.answer, self.profile))

    @property
    def answers(self) -> tuple[Relevant, ...]:
        """Return the passages and documents that answer it, none of a query that must have none."""
        if not any((self.source, self.uri, self.answer)):
            return self.relevant
        first = Relevant(source=self.source, uri=self.uri, answer=self.answer)
        return (first, *self.relevant)

    @property
    def digest(self) -> str:
        """Return a hash of what its scores depend on: scores of another digest are not its own."""
        return _digest(self)

    def groups(self, language: str | None) -> tuple[str, ...]:
        """Return the groups that it belongs to: `overall`, `tag:finance`, `language:de`,
        `source:docs`, `owner:ada`; `language` is its own, else the one that was detected.
        """
        named = [("tag", tag) for tag in self.tags]
        named += [("language", language)] if language else []
        named += [("source", answer.source) for answer in self.answers]
        named += [("owner", self.owner)] if self.owner else []
        return (OVERALL, *dict.fromkeys(f"{kind}:{name}" for kind, name in named))


@lru_cache(maxsize=20_000)  # trends ask for it once for each run of the last weeks
def _digest(query: GoldenQuery) -> str:
    # Without defaults, so that a key that joins later changes no digest.
    parts = query.model_dump(mode="json", include=_DECISIVE, exclude_defaults=True)
    return fingerprint(parts)[:12]


def load_golden(text: str, name: str = "golden queries") -> tuple[GoldenQuery, ...]:
    """Read golden queries from JSON lines; `name` is that of their file.

    Raises `SettingsError` with the number of a line that is wrong or repeats an id: two queries of
    one id would be scored as one.
    """
    queries: dict[str, GoldenQuery] = {}
    # Not `splitlines`: a JSON string may contain U+2028 and other line separators unescaped.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            query = GoldenQuery.model_validate(json.loads(line))
        except ValidationError as error:
            problem = wrong_field(error.errors()[0])
            raise SettingsError(f"{name}, line {number}: {problem}") from error
        except (ValueError, RecursionError) as error:
            raise SettingsError(f"{name}, line {number}: it is no JSON ({error})") from error
        if query.id in queries:
            raise SettingsError(f"{name}, line {number}: duplicate id {query.id!r}")
        queries[query.id] = query
    return tuple(queries.values())


def by_profile(
    golden: Iterable[GoldenQuery], profiles: Iterable[str] = ()
) -> dict[str | None, tuple[GoldenQuery, ...]]:
    """Return the queries by the profile that they are searched by: first, for None, those without.

    Those without one are searched by each of `profiles` too.
    """
    groups: dict[str | None, list[GoldenQuery]] = {None: []}
    for query in golden:
        groups.setdefault(query.profile, []).append(query)
    for name in profiles:
        copies = [query.model_copy(update={"profile": name}) for query in groups[None]]
        groups.setdefault(name, []).extend(copies)
    return {name: tuple(queries) for name, queries in groups.items()}


def check_profiles(
    golden: Iterable[GoldenQuery], profiles: Mapping[str, ProfileSettings], name: str
) -> None:
    """Raise `SettingsError` for a query whose profile is not there, or whose values do not fit.

    `name` is that of their file.
    """
    for query in golden:
        try:
            options_of(profile_named(profiles, query.profile), values=query.values)
        except SettingsError as error:
            raise SettingsError(f"{name}, query {query.id}: {error}") from error


def nearest(name: str, names: Collection[str]) -> str:
    """Return a hint at the names that are most like one that is not there, or at all if few."""
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5) or sorted(names)[:_MOST_NAMED]
    return f"; there are {', '.join(near)}" if near else ""


def locate(answer: str, text: str) -> list[Span]:
    """Return the spans of the answer in the text, whatever the white space between its words."""
    words = [re.escape(word) for word in _SPACE.split(answer.strip()) if word]
    return [match.span() for match in re.finditer(r"\s+".join(words), text)] if words else []
