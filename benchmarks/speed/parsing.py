"""Processor time of parsers, beside unstructured: `python -m benchmarks.speed.parsing CORPORA`.

CORPORA holds `peps/base`, `prefect_docs/base`, `unstructured` and `pdf_samples`. Time is that of
one core, of this process and its children, so that load on the machine changes little. unstructured
is the other engine of the parser registry, without the model that it would download. For PDFs
pdfminer.six replaces it: its extra for PDF requires CUDA builds of torch, and its fastest strategy
is based on pdfminer.six, which takes most of its time. PDFs with scanned pages are left out,
because they measure OCR.
"""

import gc
import os
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import TypeAlias

from benchmarks.reading.pdf_truths import printed_pdfs
from benchmarks.reading.structure_readers import parse_by_unstructured
from benchmarks.speed.parsing_parts import parts
from vouch.parsers.registry import parse, read
from vouch.schemas.errors import DocumentRejected

_LARGEST = 1_000_000  # bytes
_RUNS = 3
_LEAST_S = 0.5
_OBJECTS = 50_000  # allocations before garbage collection, as in parser processes; for both readers
_FOLDERS = {
    "md": ("prefect_docs/base", "*.md*", 60),
    "rst": ("peps/base", "*.rst", 20),
    "html": ("unstructured", "*.html", 60),
    "txt": ("unstructured", "*.txt", 60),
    "docx": ("unstructured", "*.docx", 60),
    "pdf": ("pdf_samples", "*.pdf", 60),
}
_PRINTED = 3  # documents, in one and in two columns each
Reader: TypeAlias = Callable[[bytes, str], object]
File: TypeAlias = tuple[str, bytes]


def tables(corpora: Path) -> Iterator[str]:
    """Yield a table of Vouch and the baseline by format, and one of where Vouch's time goes."""
    samples = {
        form: _sample(corpora / folder, pattern, most)
        for form, (folder, pattern, most) in _FOLDERS.items()
    }
    samples["pdf"] = [file for file in samples["pdf"] if _has_text(file)]
    samples["pdf, printed"] = _printed(corpora)
    samples = {form: files for form, files in samples.items() if files}
    yield "\n".join(_compared(samples))
    yield "\n".join(parts(samples))


def _compared(samples: dict[str, list[File]]) -> Iterator[str]:
    yield "### Parsing: seconds of processor time per MB, on one core"
    yield (
        f"Files up to {_LARGEST // 1_000_000} MB that both can read; medians of {_RUNS} runs over "
        "all of them."
    )
    yield ""
    yield "| format | files | MB | vouch | ms a file | baseline | its s/MB | ms a file | ratio |"
    yield "|---|---:|---:|---:|---:|---|---:|---:|---:|"
    for form, files in samples.items():
        name, baseline = (
            ("pdfminer.six", _by_pdfminer)
            if form.startswith("pdf")
            else ("unstructured", parse_by_unstructured)
        )
        both = [file for file in files if _can(parse, file) and _can(baseline, file)]
        if both:
            ours, theirs = _seconds(parse, both), _seconds(baseline, both)
            yield f"| {form} | {_cells(both, ours, name, theirs)} |"


def _cells(files: list[File], ours: float, name: str, theirs: float) -> str:
    megabytes = sum(len(data) for _, data in files) / 1e6
    rates = [
        f"{seconds / megabytes:.2f} | {1000 * seconds / len(files):.1f}"
        for seconds in (ours, theirs)
    ]
    return (
        f"{len(files)} | {megabytes:.2f} | {rates[0]} | {name} | {rates[1]} | {theirs / ours:.1f}"
    )


def _sample(folder: Path, pattern: str, most: int) -> list[File]:
    """Return about `most` files, spread evenly over a folder, without those that are too large."""
    paths = sorted(path for path in folder.rglob(pattern) if path.stat().st_size <= _LARGEST)
    return [(path.name, path.read_bytes()) for path in paths[:: max(1, len(paths) // most)][:most]]


def _printed(corpora: Path) -> list[File]:
    """Return PDFs that Chromium prints of a few documents; none where it is not installed."""
    paths = sorted(corpora.glob("peps/base/**/pep-*.rst"))
    documents = paths[_PRINTED :: max(1, len(paths) // _PRINTED)][:_PRINTED]
    return [(f"{pdf.name}.pdf", pdf.data) for pdf in printed_pdfs(documents)]


def _has_text(file: File) -> bool:
    try:
        return read(file[1], file[0]).read_by == "pdf"
    except DocumentRejected:
        return False


def _can(reader: Reader, file: File) -> bool:
    """Return whether a file can be read. This first call also does the reader's imports."""
    try:
        reader(file[1], file[0])
    except Exception:  # noqa: BLE001 - the baselines raise anything on what they do not read
        return False
    return True


def _seconds(reader: Reader, files: list[File]) -> float:
    """Return the seconds of this process and its ended children for all files."""
    # Both readers are imported: neither should pay for collecting the other's objects.
    gc.freeze()
    gc.set_threshold(_OBJECTS)
    return median(_run(reader, files) for _ in range(_RUNS))


def _run(reader: Reader, files: list[File]) -> float:
    """Return the seconds of a pass over the files, as the mean of passes for `_LEAST_S`."""
    spent, passes = 0.0, 0
    while spent < _LEAST_S:
        _forget()
        start = sum(os.times()[:4])
        for name, data in files:
            reader(data, name)
        spent += sum(os.times()[:4]) - start
        passes += 1
    return spent / passes


def _forget() -> None:
    """Clear the caches of unstructured, which would otherwise do nothing in a second pass."""
    for name, module in list(sys.modules.items()):
        for value in (
            list(vars(module).values()) if name.partition(".")[0] == "unstructured" else ()
        ):
            if hasattr(value, "cache_clear"):
                value.cache_clear()


def _by_pdfminer(data: bytes, name: str) -> object:
    from pdfminer.high_level import extract_text

    return extract_text(BytesIO(data))


def main(arguments: list[str]) -> None:
    """Print the tables."""
    for table in tables(Path(arguments[0])):
        print(table, end="\n\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
