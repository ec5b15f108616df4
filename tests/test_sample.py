"""The sample corpus is what it says it is: small, licensed, varied, and every golden answer stands in its document."""

import functools
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from vouch.parsers.registry import parse
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Document, Reason

SAMPLE = Path(__file__).parent.parent / "data" / "sample"
DOCUMENTS = SAMPLE / "documents"
ATTACHMENT = re.compile(r"^(?P<parent>.+)#attachment/(?P<number>\d+)/(?P<name>[^/]+)$")
OFFICE = {"docx", "odt", "pptx", "rtf", "xlsx", "epub", "pdf"}
MAIL = {"eml", "msg"}
MARKUP = {"html", "md", "mdx", "org", "rss", "rst", "txt", "xml"}
DATA = {"csv", "ipynb", "json"}

FILES = sorted(path for path in DOCUMENTS.rglob("*") if path.is_file())
URIS = [path.relative_to(DOCUMENTS).as_posix() for path in FILES]
GOOD = [uri for uri in URIS if not uri.startswith("broken/")]
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


def folded(text: str) -> str:
    return " ".join(text.split())


def suffix(uri: str) -> str:
    return uri.rsplit(".", 1)[1]


def test_it_is_small() -> None:
    sizes = [path.stat().st_size for path in FILES]
    assert 40 <= len(FILES) <= 55
    assert sum(sizes) < 2_500_000
    assert sum(size < 60_000 for size in sizes) >= 0.8 * len(sizes)


def test_it_holds_every_format() -> None:
    assert {suffix(uri) for uri in GOOD} == OFFICE | MAIL | MARKUP | DATA


def test_no_document_is_there_twice() -> None:
    assert len({path.read_bytes() for path in FILES}) == len(FILES)


def test_each_document_is_licensed_and_nothing_else_is_listed() -> None:
    listed = re.findall(
        r"^\| `([^`]+)` \|", (SAMPLE / "LICENCES.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(listed) == URIS


@pytest.mark.parametrize("uri", GOOD)
def test_each_good_document_has_text(uri: str) -> None:
    assert len(folded(parsed(uri).text)) > 100


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("broken/password-protected.pdf", Reason.ENCRYPTED),
        ("broken/truncated.pdf", Reason.MALFORMED),
    ],
)
def test_the_broken_ones_are_refused(uri: str, reason: Reason) -> None:
    with pytest.raises(DocumentRejected) as refused:
        parsed(uri)
    assert refused.value.reason == reason


def test_nothing_else_is_in_broken() -> None:
    assert len(URIS) - len(GOOD) == 2


def test_golden_queries_are_well_formed() -> None:
    keys = {"id", "query", "source", "uri", "answer", "language"}
    assert len(GOLDEN) >= 36
    assert all(set(row) == keys and row["source"] == "sample" for row in GOLDEN)
    assert len({row["id"] for row in GOLDEN}) == len(GOLDEN)
    assert len({row["query"] for row in GOLDEN}) == len(GOLDEN)
    assert all(
        20 <= len(row["answer"]) <= 300 and row["answer"] == folded(row["answer"]) for row in GOLDEN
    )


def test_golden_queries_are_spread_out() -> None:
    formats = Counter(suffix(row["uri"]) for row in GOLDEN)
    assert len(formats) >= 12
    assert max(formats.values()) <= len(GOLDEN) / 3
    assert {row["uri"].split("/")[0] for row in GOLDEN} == {uri.split("/")[0] for uri in GOOD}
    assert {row["language"] for row in GOLDEN} == {"en", "es", "de", "ru"}


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row["id"])
def test_the_answer_stands_in_the_document(row: dict[str, str]) -> None:
    assert row["uri"].split("#")[0] in GOOD
    assert row["answer"] in folded(parsed(row["uri"]).text)
