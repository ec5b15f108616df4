"""Files of elements that unstructured wrote, beside its own reading of them and that of plain JSON.

CORPORA/unstructured has some in its folder and in `test_evaluate_files` (Apache-2.0).
"""

import re
from collections import Counter
from pathlib import Path
from typing import Any

from vouch.parsers.base import Hint
from vouch.parsers.registry import read
from vouch.parsers.text.json import parse as parse_as_json
from vouch.parsers.unstructured.library import partition
from vouch.schemas.documents.records import Document, ElementType
from vouch.schemas.errors import DocumentRejected

_KINDS = {"Title": ElementType.TITLE, "ListItem": ElementType.LIST_ITEM, "Table": ElementType.TABLE}


def element_files(folder: Path) -> str:
    """Return the table of all files of a folder that are read as elements."""
    lines = [
        "### Files of elements",
        "words: those of unstructured in ours, and ours in its; in brackets where the file is read "
        "as any other JSON. titles, items, tables, links: ours of those in the file.",
        "",
        "| file | words | titles | items | tables | links |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for path in sorted(folder.rglob("*json")):
        data = path.read_bytes()
        try:
            reading = read(data, path.name)
        except DocumentRejected:
            continue
        if reading.read_by == "elements":
            lines.append(f"| {path.name} | {_compared(data, path.suffix, reading.document)} |")
    return "\n".join(lines)


def _compared(data: bytes, suffix: str, document: Document) -> str:
    media_type = "application/x-ndjson" if suffix == ".ndjson" else "application/json"
    theirs = partition(data, f"a{suffix}", media_type, {})
    words = _words("\n".join(element["text"] for element in theirs))
    as_json = parse_as_json(data, Hint(f"a{suffix}", media_type))
    shares = [_shares(words, _words(text)) for text in (document.text, as_json.text)]
    our_kinds = Counter(element.type for element in document.elements)
    kinds = Counter(element["type"] for element in theirs if element["text"].strip())
    counts = [f"{our_kinds[ours]} of {kinds[name]}" for name, ours in _KINDS.items()]
    links = sum(_links(element["metadata"]) for element in theirs)
    return " | ".join([f"{shares[0]} ({shares[1]})", *counts, f"{len(document.links)} of {links}"])


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text))


def _shares(theirs: Counter[str], ours: Counter[str]) -> str:
    common = (theirs & ours).total()
    shares = (f"{100 * common / (words.total() or 1):.1f} %" for words in (theirs, ours))
    return ", ".join(shares)


def _links(metadata: dict[str, Any]) -> int:
    urls = metadata.get("link_urls") or [link.get("url") for link in metadata.get("links") or ()]
    return sum(isinstance(url, str) and not url.startswith("#") for url in urls)
