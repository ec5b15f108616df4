"""The sample corpus is small, licensed and varied, and each golden answer is in its document."""

import functools
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Document, Reason
from vouch.schemas.errors import DocumentRejected

SAMPLE = Path(__file__).parent.parent / "data" / "sample"
DOCUMENTS = SAMPLE / "documents"
ATTACHMENT = re.compile(r"^(?P<parent>.+)#attachment/(?P<number>\d+)/(?P<name>[^/]+)$")
OFFICE = {"docx", "odt", "pptx", "rtf", "xlsx", "epub", "pdf"}
MAIL = {"eml", "msg"}
MARKUP = {"html", "md", "mdx", "org", "rss", "rst", "txt", "xml"}
DATA = {"csv", "ipynb", "json"}

FILES = sorted(path for path in DOCUMENTS.rglob("*") if path.is_file())
URIS = [path.relative_to(DOCUMENTS).as_posix() for path in FILES]
READABLE = [uri for uri in URIS if not uri.startswith("broken/")]
GOLDEN = [
    json.loads(line) for line in (SAMPLE / "golden.jsonl").read_text(encoding="utf-8").splitlines()
]


@functools.cache
def parsed(uri: str) -> Document:
    attached = ATTACHMENT.match(uri)
    if attached is None:
        return parse((DOCUMENTS / uri).read_bytes(), uri)
    attachment = parsed(attached["parent"]).attachments[int(attached["number"]) - 1]
    assert attachment.name == attached["name"]
    return parse(attachment.data, attachment.name)


@functools.cache
def parsed_text(uri: str) -> str:
    return collapsed(parsed(uri).text)


def collapsed(text: str) -> str:
    """Return the text with each run of white space replaced by a space."""
    return " ".join(text.split())


def suffix(uri: str) -> str:
    return uri.rsplit(".", 1)[1]


def test_the_corpus_is_small() -> None:
    sizes = [path.stat().st_size for path in FILES]
    assert 40 <= len(FILES) <= 55
    assert sum(sizes) < 2_500_000
    assert sum(size < 60_000 for size in sizes) >= 0.8 * len(sizes)


def test_the_corpus_has_every_format() -> None:
    assert {suffix(uri) for uri in READABLE} == OFFICE | MAIL | MARKUP | DATA


def test_no_document_is_in_the_corpus_twice() -> None:
    assert len({path.read_bytes() for path in FILES}) == len(FILES)


def test_the_licence_list_names_each_document_and_nothing_else() -> None:
    listed = re.findall(
        r"^\| `([^`]+)` \|", (SAMPLE / "LICENCES.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(listed) == URIS


@pytest.mark.parametrize("uri", READABLE)
def test_each_readable_document_has_text(uri: str) -> None:
    assert len(parsed_text(uri)) > 100


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("broken/password-protected.pdf", Reason.ENCRYPTED),
        ("broken/truncated.pdf", Reason.MALFORMED),
    ],
)
def test_broken_documents_are_rejected_with_their_reason(uri: str, reason: Reason) -> None:
    with pytest.raises(DocumentRejected) as rejection:
        parsed(uri)
    assert rejection.value.reason == reason


def test_the_folder_of_broken_documents_holds_only_those_two() -> None:
    assert len(URIS) - len(READABLE) == 2


def test_golden_queries_are_well_formed() -> None:
    keys = {"id", "query", "source", "uri", "answer", "language"}
    assert len(GOLDEN) >= 36
    assert all(set(row) == keys and row["source"] == "sample" for row in GOLDEN)
    assert len({row["id"] for row in GOLDEN}) == len(GOLDEN)
    assert len({row["query"] for row in GOLDEN}) == len(GOLDEN)
    answers = [row["answer"] for row in GOLDEN]
    assert all(20 <= len(answer) <= 300 and answer == collapsed(answer) for answer in answers)


def test_golden_queries_cover_formats_folders_and_languages() -> None:
    formats = Counter(suffix(row["uri"]) for row in GOLDEN)
    assert len(formats) >= 12
    assert max(formats.values()) <= len(GOLDEN) / 3
    folders = {uri.split("/")[0] for uri in READABLE}
    assert {row["uri"].split("/")[0] for row in GOLDEN} == folders
    assert {row["language"] for row in GOLDEN} == {"en", "es", "de", "ru"}


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row["id"])
def test_each_golden_answer_is_in_its_document(row: dict[str, str]) -> None:
    assert row["uri"].split("#")[0] in READABLE
    assert row["answer"] in parsed_text(row["uri"])
