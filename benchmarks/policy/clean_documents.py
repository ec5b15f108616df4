"""Public documents without planted violations, most of which no rule was ever tried on.

The test collections, and what every machine with Python has: descriptions, licences and docstrings
of installed packages. More folders can be named.
"""

import ast
import gzip
import hashlib
import json
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LEAST = 200  # characters; less is a stub
_MOST = 300_000
_TEXTS = frozenset({".md", ".mdx", ".rst", ".txt", ".html"})
_NAMES = ("METADATA", "LICENSE", "LICENCE", "NOTICE", "AUTHORS", "CHANGES", "README", "COPYING")
_EVERY = 5  # of so many modules the docstrings of one are read


@dataclass(frozen=True, slots=True)
class CleanDocument:
    """A document's text and the collection that it is from."""

    collection: str
    text: str

    @property
    def half(self) -> int:
        """Return 0 for the half on which rules were developed, 1 for the other."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).digest()[-1] % 2


def clean_documents(corpora: Path, more: list[Path]) -> Iterator[CleanDocument]:
    """Yield each document once."""
    seen: set[str] = set()
    for collection, text in _collections(corpora, more):
        if len(text.strip()) >= _LEAST and text not in seen:
            seen.add(text)
            yield CleanDocument(collection, text[:_MOST])


def _collections(corpora: Path, more: list[Path]) -> Iterator[tuple[str, str]]:
    for name in (
        "peps/base",
        "prefect_docs/base",
        "chunking/corpora",
        "unstructured",
        "markitdown",
    ):
        yield from _folder(name.split("/")[0], corpora / name)
    for file in sorted((corpora / "article_extraction").rglob("*.gz")):
        yield "article_extraction", gzip.decompress(file.read_bytes()).decode("utf-8", "replace")
    for line in (corpora / "cranfield" / "corpus.jsonl").read_text("utf-8").splitlines():
        yield "cranfield", json.loads(line)["text"]
    for file in sorted((corpora / "xquad").glob("*.json")):
        for article in json.loads(file.read_text("utf-8"))["data"]:
            paragraphs = (paragraph["context"] for paragraph in article["paragraphs"])
            yield file.stem, "\n\n".join(paragraphs)
    packages = Path(sysconfig.get_path("purelib"))
    yield from _folder("installed packages", packages)
    for number, module in enumerate(sorted(packages.rglob("*.py"))):
        if number % _EVERY == 0:
            yield "docstrings", _docstrings(module)
    for folder in more:
        yield from _folder(folder.name, folder)


def _folder(collection: str, folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and (file.suffix in _TEXTS or file.name.startswith(_NAMES)):
            try:
                yield collection, file.read_text("utf-8")
            except UnicodeDecodeError:
                continue


def _docstrings(module: Path) -> str:
    try:
        tree = ast.parse(module.read_bytes())
    except (SyntaxError, ValueError):
        return ""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    texts = (ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, kinds))
    return "\n\n".join(text for text in texts if text)
