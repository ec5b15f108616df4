"""Words kept of reStructuredText and Markdown: `python -m benchmarks.reading.markup_text CORPORA`.

Prints Markdown tables. Words are runs of letters and digits, and each occurrence counts. The PEPs
have no other text than their sources, so that a source's words are the truth there; some of them
are markup, which no reader keeps. Two further sets are measured where CORPORA has them:

- `sphinx_docs`: Sphinx's documentation (BSD-2-Clause) as `doc`, from its source distribution, and
  as `text`, what `sphinx-build -b text` makes of it. The truth are Sphinx's words, as far as they
  are in the source too: what it takes from docstrings and other files is no part of it.
- `commonmark`: `commonmark.json`, the examples of the CommonMark specification (CC BY-SA 4.0) as
  markdown-it-py's source distribution has them. The truth are the words of the expected HTML.
"""

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pypandoc
from docutils.core import publish_doctree
from lxml import html

from benchmarks.reading.structure_readers import by_unstructured
from vouch.parsers.registry import parse
from vouch.schemas.errors import DocumentRejected

_WORD = re.compile(r"\w+")
_EVERY = 20  # of the PEPs, because some readers take half a second for each
_HIDDEN = "parent::script or parent::style"
_QUIET = {"report_level": 5, "halt_level": 5, "file_insertion_enabled": False}
_Reader: TypeAlias = Callable[[bytes, str], str]


@dataclass(frozen=True, slots=True)
class _Sample:
    """A document with the words that its reader should find."""

    data: bytes
    name: str
    truth: Counter[str]


def tables(corpora: Path) -> Iterator[str]:
    """Yield a table for each set that is there, and a line for each that is not."""
    peps = sorted((corpora / "peps" / "base").glob("**/*.rst"))[::_EVERY]
    sources = [_Sample(path.read_bytes(), path.name, _words(path.read_text())) for path in peps]
    yield _table(f"Words of {len(sources)} PEPs, against their sources", sources, _RST | _READERS)
    if sphinx := list(_sphinx(corpora / "sphinx_docs")):
        yield _table(f"Words of Sphinx's documentation, {len(sphinx)} files", sphinx, _RST)
    else:
        yield "sphinx_docs: not measured, CORPORA has no folder of that name"
    if commonmark := list(_commonmark(corpora / "commonmark" / "commonmark.json")):
        title = f"Words of the {len(commonmark)} examples of CommonMark's specification"
        yield _table(title, commonmark, _READERS)
    else:
        yield "commonmark: not measured, CORPORA has no folder of that name"


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text))


def _sphinx(folder: Path) -> Iterator[_Sample]:
    for source in sorted((folder / "doc").glob("**/*.rst")):
        shown = folder / "text" / source.relative_to(folder / "doc").with_suffix(".txt")
        if shown.exists():
            truth = _words(shown.read_text()) & _words(source.read_text())
            yield _Sample(source.read_bytes(), source.name, truth)


def _commonmark(path: Path) -> Iterator[_Sample]:
    for example in json.loads(path.read_text()) if path.exists() else ():
        page = html.fromstring(f"<div>{example['html']}</div>")
        pieces = page.xpath(f"//text()[not({_HIDDEN})]")
        shown = " ".join(["".join(pieces), *page.xpath("//@alt")])
        yield _Sample(example["markdown"].encode(), "a.md", _words(shown))


def _table(title: str, documents: list[_Sample], readers: dict[str, _Reader]) -> str:
    lines = [
        f"### {title}",
        "",
        "| reader | recall | precision | failed | ms a file |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, reader in readers.items():
        _read(reader, documents[0])  # the first call loads what the reader needs
        start = _processor_seconds()
        texts = [_read(reader, document) for document in documents]
        seconds = _processor_seconds() - start
        words = [_words(text or "") for text in texts]
        common = sum(
            (document.truth & own).total() for document, own in zip(documents, words, strict=True)
        )
        expected = sum(document.truth.total() for document in documents)
        reported = sum(own.total() for own in words)
        lines.append(
            f"| {name} | {common / expected:.4f} | {common / max(reported, 1):.4f} "
            f"| {texts.count(None)} | {1000 * seconds / len(documents):.1f} |"
        )
    return "\n".join(lines)


def _processor_seconds() -> float:
    """Return the time of this process and of those that it has started and that have ended."""
    return sum(os.times()[:4])


def _read(reader: _Reader, document: _Sample) -> str | None:
    try:
        return reader(document.data, document.name)
    except DocumentRejected:
        return ""
    except Exception:  # noqa: BLE001 - a baseline may raise anything
        return None


def _vouch(data: bytes, name: str) -> str:
    return parse(data, name).text


def _docutils(data: bytes, name: str) -> str:
    text: str = publish_doctree(data.decode(), settings_overrides=_QUIET).astext()
    return text


def _pandoc(data: bytes, name: str) -> str:
    source = "rst" if name.endswith(".rst") else "commonmark"
    text: str = pypandoc.convert_text(data, "plain", source, extra_args=["--sandbox"])
    return text


def _unstructured(data: bytes, name: str) -> str:
    return by_unstructured(data, name).text


# unstructured reads reStructuredText by pandoc, so that it is measured on one set of it only.
_RST = {"vouch": _vouch, "docutils, all text of its tree": _docutils, "pandoc": _pandoc}
_READERS = {"vouch": _vouch, "pandoc": _pandoc, "unstructured": _unstructured}

if __name__ == "__main__":
    for part in tables(Path(sys.argv[1])):
        print(part, end="\n\n", flush=True)
