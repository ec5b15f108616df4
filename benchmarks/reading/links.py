"""Links, list items and code that are kept: `python -m benchmarks.reading.links CORPORA`.

CORPORA holds `unstructured`, `markitdown` and `pdf_samples`. Three more sets are read where it has
them: `pandoc` (the folder `test` of pandoc's source, GPL-2.0-or-later), `unrtf` (the folder `tests`
of GNU UnRTF's source, GPL-3.0-or-later) and `odfpy` (odfpy's source, Apache-2.0). The truth is
pandoc's own tree of each file.
"""

import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pypandoc

from benchmarks.reading.structure_readers import parse_by_unstructured
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.links import target_of
from vouch.parsers.pandoc.blocks import add_blocks
from vouch.parsers.pandoc.inlines import Node, Tree
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Document, ElementType
from vouch.schemas.errors import DocumentRejected

_SETS = ("unstructured", "markitdown", "pdf_samples", "pandoc", "unrtf", "odfpy")
_FORMATS = ("docx", "odt", "epub", "org", "rtf", "rst")
_LABEL = re.compile(r"\s*(?:- )?\(?[0-9a-zA-Z]{1,5}[.)]")
_MAX_BYTES = 1_000_000


@dataclass(slots=True)
class _Counts:
    """Links of a format's files, and of those with a text and a target outside the file."""

    files: int = 0
    links: int = 0
    leading_out: int = 0
    kept: int = 0
    by_unstructured: int = 0
    missing: list[str] = field(default_factory=list)


def tables(corpora: Path) -> Iterator[str]:
    """Yield the tables as Markdown, each with its heading."""
    absent = [name for name in _SETS if not (corpora / name).is_dir()]
    if absent:
        yield f"Not measured, as {corpora} lacks them (see the module): {', '.join(absent)}."
    yield _links(corpora)
    yield _marks(corpora)


def _links(corpora: Path) -> str:
    counts: dict[tuple[str, str], _Counts] = defaultdict(_Counts)
    for name, path, tree in _trees(corpora):
        count = counts[name, path.suffix[1:]]
        written_links = list(_links_of(tree))
        outside = Counter(
            target for text, written in written_links if text and (target := target_of(written))
        )
        try:
            document = parse(path.read_bytes(), path.name)
        except DocumentRejected:
            document = Document("", ())
        missing = outside - Counter(link.target for link in document.links)
        count.files += 1
        count.links += len(written_links)
        count.leading_out += outside.total()
        count.kept += outside.total() - missing.total()
        count.by_unstructured += _of_unstructured(path) if outside else 0
        count.missing += [f"{path.name}: {target}" for target in missing]
    lines = [
        "### Links that are kept",
        "",
        "| set | format | files | links in pandoc's tree | lead out | vouch | unstructured |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for (name, suffix), count in sorted(counts.items()):
        if count.links:
            lines.append(
                f"| {name} | {suffix} | {count.files} | {count.links} | {count.leading_out} "
                f"| {count.kept} | {count.by_unstructured} |"
            )
    missing = [text for count in counts.values() for text in count.missing]
    lines += ["", f"Missing: {'; '.join(missing[:10]) or 'none'}."]
    return "\n".join(lines)


def _marks(corpora: Path) -> str:
    """Return what the marks in RTF and OpenDocument text add to pandoc's own tree."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for _, path, tree in _trees(corpora):
        if path.suffix not in (".rtf", ".odt"):
            continue
        builder = DocumentBuilder()
        add_blocks(builder, tree["blocks"])
        try:
            ours = parse(path.read_bytes(), path.name)
        except DocumentRejected:
            ours = Document("", ())
        for reader, document in (("vouch", ours), ("plain pandoc", builder.build())):
            counts[path.suffix[1:], reader].update(_kinds(document))
        counts[path.suffix[1:], "vouch"]["files"] += 1
    kinds = ("list items", "numbered", "blocks of code", "rows")
    lines = [
        "### RTF and OpenDocument text beside plain pandoc",
        "",
        f"| format | reader | files | {' | '.join(kinds)} |",
        "|---|---|" + "---:|" * (len(kinds) + 1),
    ]
    for (suffix, reader), count in sorted(counts.items(), reverse=True):
        cells = " | ".join(f"{count[kind]:,}" for kind in kinds)
        lines.append(f"| {suffix} | {reader} | {counts[suffix, 'vouch']['files']} | {cells} |")
    return "\n".join(lines)


def _kinds(document: Document) -> Iterator[str]:
    for element in document.elements:
        text = document.text[element.char_start : element.char_end]
        if element.type is ElementType.LIST_ITEM:
            yield from ("list items", "numbered") if _LABEL.match(text) else ("list items",)
        elif element.type is ElementType.CODE:
            yield "blocks of code"
        elif element.table is not None:
            yield from ["rows"] * len(element.table.rows)


def _trees(corpora: Path) -> Iterator[tuple[str, Path, Node]]:
    """Yield set, file and pandoc's tree of each file that pandoc can read."""
    for name in _SETS:
        for path in sorted((corpora / name).rglob("*")):
            suffix = path.suffix[1:]
            if suffix not in _FORMATS or path.stat().st_size > _MAX_BYTES:
                continue
            if suffix == "rtf" and not path.read_bytes().startswith(b"{\\rtf"):
                continue  # a fragment, as pandoc's tests have them
            command = [pypandoc.get_pandoc_path(), "-f", suffix, "-t", "json", "--sandbox", path]
            process = subprocess.run(command, capture_output=True, check=False, timeout=60)
            if process.returncode == 0:
                yield name, path, json.loads(process.stdout)


def _links_of(node: Tree) -> Iterator[tuple[str, str]]:
    """Yield text and target of each link of a tree."""
    if isinstance(node, list):
        for part in node:
            yield from _links_of(part)
    elif isinstance(node, dict) and node.get("t") == "Link":
        yield "".join(_strings(node["c"][1])).strip(), node["c"][2][0]
    elif isinstance(node, dict):
        for part in node.values():
            yield from _links_of(part)


def _strings(node: Tree) -> Iterator[str]:
    if isinstance(node, list):
        for part in node:
            yield from _strings(part)
    elif isinstance(node, dict) and node["t"] in ("Str", "Code", "Math"):
        yield node["c"] if node["t"] == "Str" else node["c"][1]
    elif isinstance(node, dict) and node["t"] not in ("Note", "RawInline"):
        yield from _strings(node["c"][1] if node["t"] in ("Span", "Quoted") else node.get("c", ""))


def _of_unstructured(path: Path) -> int:
    """Return how many links unstructured finds in a file, read as an engine of the registry."""
    try:
        return len(parse_by_unstructured(path.read_bytes(), path.name).links)
    except DocumentRejected:
        return 0


if __name__ == "__main__":
    for table in tables(Path(sys.argv[1])):
        print(table, end="\n\n", flush=True)
