"""Naughty strings in every place where a stranger's text gets: documents, names, fields, queries."""

import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html

import vouch
from tests.hostile.hard_strings import STRINGS
from tests.parsers.hostile import CRAFTED, NAUGHTY
from tests.parsers.proofs import prove
from tests.pipeline.steps import configure, run, tables
from tests.reports.reading import active_elements
from vouch.index.search.index import Index
from vouch.index.store.tables import rows
from vouch.parsers.common.text.clean import clean
from vouch.parsers.registry import read
from vouch.reports.run_report import render_run
from vouch.schemas.errors import DocumentRejected, SettingsError
from vouch.schemas.runs.record import Example, RejectGroup, RunRecord, Status
from vouch.validators.policy import KINDS, find

TEXTS = [*NAUGHTY, *CRAFTED, *(make(300) for make in STRINGS.values())]
MODES = ("hybrid", "vector", "text")
NEEDLE = "quenchless"


def names() -> list[str]:
    """Return the strings that a file system takes for a name, each once without regard to case."""
    taken: dict[str, str] = {}
    for text in TEXTS:
        name = text.replace("/", "∕").replace("\0", "")[:60].strip()
        encoded = name.encode("utf-8", "surrogatepass")[:200]
        name = encoded.decode("utf-8", "ignore")
        if name and name not in (".", ".."):
            taken.setdefault(name.casefold(), name)
    return list(taken.values())


@pytest.fixture(scope="module")
def settings_file(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    folder = tmp_path_factory.mktemp("naughty")
    (folder / "documents").mkdir()
    for number, text in enumerate(TEXTS[::14]):
        body = text.encode("utf-8", "surrogatepass")
        (folder / f"documents/{number}.txt").write_bytes(f"{NEEDLE} {number}\n\n".encode() + body)
    for number, name in enumerate(names()[::20]):
        front = f'---\ntitle: "{number}"\nauthor: |\n  {" ".join(name.split())}\n---\n\n{NEEDLE}\n'
        (folder / f"documents/{name}.md").write_text(front, "utf-8", "replace")
    path = configure(folder, tiny_model)
    run(path)
    return path


@pytest.fixture(scope="module")
def index(settings_file: Path) -> Index:
    return vouch.open(tables(settings_file).location.local_path)


def test_every_document_is_published_or_in_quarantine_with_a_reason(settings_file: Path):
    files = {file.name for file in (settings_file.parent / "documents").iterdir()}
    opened = tables(settings_file)
    documents = rows(opened.documents, ("uri", "canonical_text")).to_pylist()
    rejected = rows(opened.quarantine, ("uri", "reason", "message")).to_pylist()
    assert {row["uri"] for row in [*documents, *rejected]} >= files
    assert all(row["reason"] and row["message"] for row in rejected)
    assert sum(NEEDLE in (row["canonical_text"] or "") for row in documents) > len(files) * 0.95


@pytest.mark.parametrize("mode", MODES)
def test_any_query_is_answered(index: Index, mode: str):
    for query in TEXTS[:: 10 if mode == "text" else 80]:
        if query.strip():
            for hit in index.search(query, k=2, mode=mode):
                assert hit.text
                assert str(hit.citation)


@pytest.mark.parametrize("mode", MODES)
def test_a_long_query_is_answered(index: Index, mode: str):
    for query in ("a" * 100_000, "word " * 20_000, "\u0301" * 100_000, '"' * 100_000):
        index.search(query, k=1, mode=mode)


def test_any_filter_value_matches_itself_only_or_is_refused_in_words(index: Index):
    for value in TEXTS[::20]:
        for name in ("title", "uri", "metadata.author", "heading_path", "language"):
            try:
                hits = index.search(NEEDLE, k=1, mode="text", filters=[f"{name}={value}"])
            except SettingsError as error:
                assert str(error)
                continue
            if name == "uri":
                assert all(hit.uri == value.strip() for hit in hits)


@settings(max_examples=8, derandomize=True, suppress_health_check=list(HealthCheck))
@given(text=st.text(st.characters(), min_size=1, max_size=40))
def test_any_text_as_query_name_value_and_mode(index: Index, text: str):
    for filters in ([], [text], [f"{text}=a"], [f"title~{text}"], [f"metadata.{text}={text}"]):
        for mode in ("text", "vector"):
            try:
                index.search(text, k=1, mode=mode, filters=filters)
            except SettingsError as error:
                assert str(error)


def printable(text: str) -> str:
    """Return a text as a page can hold it: no lone surrogates, and no characters that HTML drops."""
    return clean(text)


def test_a_report_shows_any_text_as_text():
    for text in map(printable, TEXTS[::15]):
        record = RunRecord(
            run_id="r1",
            status=Status.PUBLISHED,
            started_at=datetime(2026, 1, 2, tzinfo=UTC),
            settings_sha256="s",
            code_version="c",
            rejects=(
                RejectGroup(
                    stage="parse",
                    reason="malformed",
                    count=1,
                    examples=(Example(uri=text, message=text),),
                ),
            ),
        )
        tree = html.document_fromstring(render_run(record).encode("utf-8", "replace"))
        assert active_elements(tree) == []
        # Long texts are shortened, and controls of direction are shown by their numbers.
        if len(text) < 80 and all(unicodedata.category(letter) != "Cf" for letter in text):
            assert "".join(text.split()) in "".join(tree.text_content().split())


@settings(max_examples=40, derandomize=True, suppress_health_check=list(HealthCheck))
@given(text=st.text(st.characters(), max_size=200))
def test_the_policy_raises_for_no_text(text: str):
    for finding in find(text, KINDS):
        assert 0 <= finding.start < finding.end <= len(text)


@settings(max_examples=40, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    data=st.binary(max_size=300),
    name=st.sampled_from(
        "a.txt a.md a.rst a.html a.xml a.csv a.json a.ipynb a.yaml a.eml a".split()
    ),
)
def test_any_bytes_are_read_or_rejected_with_a_reason(data: bytes, name: str):
    try:
        prove(read(data, name).document)
    except DocumentRejected as rejected:
        assert rejected.reason
        assert str(rejected)


@settings(max_examples=40, derandomize=True, suppress_health_check=list(HealthCheck))
@given(text=st.text("\u0301\u0323\u0334\u0591\u0345é가\u1100\u1161a \u0344", max_size=200))
def test_text_is_composed_as_unicode_says_in_one_pass_or_two(text: str):
    assert clean(text) == unicodedata.normalize("NFC", text) == clean(clean(text))
