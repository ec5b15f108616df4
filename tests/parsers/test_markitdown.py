"""Strings that a faithful conversion must contain, from markitdown's own tests; theirs are Markdown, ours is text."""

import json
import re
from contextlib import suppress
from pathlib import Path

import pytest

from vouch.parsers.registry import parse
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Document

FOLDER = Path(__file__).parent.parent.parent.parent / "shared" / "corpora" / "markitdown"
FILES = FOLDER / "packages" / "markitdown" / "tests" / "test_files"
EXPECTED = (
    json.loads((FOLDER / "expectations.json").read_text("utf-8"))["GENERAL_TEST_VECTORS"]
    if FOLDER.is_dir()
    else []
)

# Not text, so not in a text: an image's bytes, a link's target; and labels that markitdown puts before a message's parts.
NOT_TEXT = ("data:image/", "](https://", "# Email Message", "**Subject:**", "## Content")


def as_text(markdown: str) -> str:
    """What a reader sees of Markdown."""
    text = re.sub(r"^\s*(?:#+|>|\*|```\w*)(?:\s+|$)", "", markdown)
    text = re.sub(r"!?\[([^\]]*)\](?:\([^)]*\))?", r"\1", text).replace("**", "")
    text = re.sub(r"(?<!\w)\*(\w[^*]*)\*", r"\1", text)
    text = re.sub(r"^\|\s*|\s*\|$", "", text)
    return "" if re.fullmatch(r"[\s|:-]*", text) else " ".join(text.split())


def whole(document: Document, depth: int = 0) -> str:
    """The text of a document and of all that is attached to it."""
    attached = []
    for one in document.attachments if depth < 2 else ():
        with suppress(DocumentRejected):  # a picture in an archive
            attached.append(whole(parse(one.data, one.name), depth + 1))
    return "\n".join([document.text, *attached])


@pytest.mark.skipif(not EXPECTED, reason="the shared corpora are not here")
@pytest.mark.parametrize("vector", EXPECTED, ids=lambda vector: vector["filename"])
def test_every_expected_string_is_found(vector: dict):
    document = parse((FILES / vector["filename"]).read_bytes(), vector["filename"])
    text = " ".join(whole(document).split())
    expected = [as_text(one) for one in vector["must_include"] if not one.startswith(NOT_TEXT)]
    sender = "From: test.sender@example.com"  # ours has the name before the address
    missing = [
        one
        for one in expected
        if one not in text and not (one == sender and "test.sender@example.com" in text)
    ]
    assert missing == []
    assert len(expected) >= len(vector["must_include"]) / 2
