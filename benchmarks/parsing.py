"""Processor time of the parsers beside the usual readers: `python -m benchmarks.parsing CORPORA`.

CORPORA holds `peps`, `prefect_docs`, `unstructured` and `pdf_samples`. Processor time of this process and of those that it
starts (pandoc), on one core, so that a busy machine changes little. unstructured runs without the model that it would
download, and PDF is read beside pdfminer.six, because unstructured's own way of reading it is not installed here.
"""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TypeAlias

from benchmarks.structure_readers import offline
from parsers.registry import parse

_LARGEST = 1_000_000  # bytes
_SAMPLES = {
    "md": ("prefect_docs", "*.md*", 200),
    "rst": ("peps", "*.rst", 60),
    "html": ("unstructured", "*.html", 60),
    "txt": ("unstructured", "*.txt", 60),
    "docx": ("unstructured", "*.docx", 60),
    "pdf": ("pdf_samples", "*.pdf", 60),
}
Reader: TypeAlias = Callable[[bytes, str], object]


@dataclass(slots=True)
class Cost:
    """Files and bytes that were read, the seconds that took, and files that could not be read."""

    files: int = 0
    size: int = 0
    seconds: float = 0.0
    failed: int = 0


def tables(corpora: Path) -> Iterator[str]:
    """One table, as Markdown with its heading."""
    lines = [
        "### Parsing: seconds of processor time per MB",
        f"Files up to {_LARGEST // 1_000_000} MB; failed: files that a reader refuses or fails on. Rates are of what it read.",
        "",
        "| format | files | MB | vouch s/MB | ms a file | failed | baseline | s/MB | ms a file | failed |",
        "|---|---:|---:|---:|---:|---:|---|---:|---:|---:|",
    ]
    with offline():
        for suffix, (folder, pattern, most) in _SAMPLES.items():
            files = _files(corpora / folder, pattern, most)
            name, baseline = ("pdfminer.six", _by_pdfminer) if suffix == "pdf" else ("unstructured", _by_unstructured)
            ours, theirs = (_cost(reader, files) for reader in (parse, baseline))
            size = sum(len(data) for _, data in files) / 1e6
            lines.append(f"| {suffix} | {len(files)} | {size:.2f} | {_told(ours)} | {name} | {_told(theirs)} |")
    yield "\n".join(lines)


def _files(folder: Path, pattern: str, most: int) -> list[tuple[str, bytes]]:
    """The first files by name, none twice, without those that are too large."""
    found = {path.name: path for path in sorted(folder.rglob(pattern), reverse=True) if path.stat().st_size <= _LARGEST}
    return [(name, found[name].read_bytes()) for name in sorted(found)[:most]]


def _cost(reader: Reader, files: list[tuple[str, bytes]]) -> Cost:
    cost = Cost()
    for name, data in files[:1]:
        _read(reader, data, name)  # imports and first calls are not what is measured
    for name, data in files:
        begun = _seconds()
        if _read(reader, data, name):
            cost.files, cost.size, cost.seconds = cost.files + 1, cost.size + len(data), cost.seconds + _seconds() - begun
        else:
            cost.failed += 1
    return cost


def _seconds() -> float:
    """Of this process and of its children that have ended."""
    return sum(os.times()[:4])


def _read(reader: Reader, data: bytes, name: str) -> bool:
    try:
        reader(data, name)
    except Exception:  # noqa: BLE001 - the baselines raise anything on what they do not read
        return False
    return True


def _told(cost: Cost) -> str:
    if not cost.size:
        return f"– | – | {cost.failed}"
    return f"{cost.seconds / cost.size * 1e6:.2f} | {1000 * cost.seconds / cost.files:.1f} | {cost.failed}"


def _by_unstructured(data: bytes, name: str) -> object:
    from unstructured.partition.auto import partition

    return partition(file=BytesIO(data), metadata_filename=name)


def _by_pdfminer(data: bytes, name: str) -> object:
    from pdfminer.high_level import extract_text

    return extract_text(BytesIO(data))


def main(arguments: list[str]) -> None:
    """Print the table."""
    for table in tables(Path(arguments[0])):
        print(table, end="\n\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
