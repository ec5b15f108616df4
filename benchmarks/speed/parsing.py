"""Processor time of the parsers beside unstructured's: `python -m benchmarks.speed.parsing CORPORA`.

CORPORA holds `peps/base`, `prefect_docs/base`, `unstructured` and `pdf_samples`. On one core, of this process and of those
that it starts, so that a busy machine changes little. unstructured runs without the model that it would download. Its way
of reading PDFs (`strategy="fast"`) is taken where it can be imported; its extra for PDF wants CUDA builds of torch, so
where it is missing, pdfminer.six stands for it, which that way is built upon and which takes most of its time. PDFs with
scanned pages are left out: that is OCR.
"""

import gc
import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import TypeAlias

from benchmarks.reading.pdf_truths import printed_pdfs
from benchmarks.reading.structure_readers import offline
from benchmarks.speed.parsing_parts import parts
from vouch.parsers.registry import parse, read
from vouch.schemas.errors import DocumentRejected

_LARGEST = 1_000_000  # bytes
_RUNS = 3
_LEAST_S = 0.5
_OBJECTS = 50_000  # before cycles are looked for, as in the workers that parse; for both readers
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
    """Ours beside the baseline by format, and where our time goes."""
    samples = {
        form: _sample(corpora / folder, pattern, most)
        for form, (folder, pattern, most) in _FOLDERS.items()
    }
    samples["pdf"] = [file for file in samples["pdf"] if _has_text(file)]
    samples["pdf, printed"] = _printed(corpora)
    samples = {form: files for form, files in samples.items() if files}
    with offline():
        yield "\n".join(_compared(samples))
    yield "\n".join(parts(samples))


def _compared(samples: dict[str, list[File]]) -> Iterator[str]:
    yield "### Parsing: seconds of processor time per MB, on one core"
    yield f"Files up to {_LARGEST // 1_000_000} MB that both can read; medians of {_RUNS} runs over all of them."
    yield ""
    yield "| format | files | MB | vouch | ms a file | baseline | its s/MB | ms a file | ratio |"
    yield "|---|---:|---:|---:|---:|---|---:|---:|---:|"
    for form, files in samples.items():
        name, baseline = (
            _pdf_baseline() if form.startswith("pdf") else ("unstructured", _by_unstructured)
        )
        both = [file for file in files if _can(parse, file) and _can(baseline, file)]
        if both:
            yield f"| {form} | {_told(both, _seconds(parse, both), name, _seconds(baseline, both))} |"


def _told(files: list[File], ours: float, name: str, theirs: float) -> str:
    megabytes = sum(len(data) for _, data in files) / 1e6
    rates = [
        f"{seconds / megabytes:.2f} | {1000 * seconds / len(files):.1f}"
        for seconds in (ours, theirs)
    ]
    return (
        f"{len(files)} | {megabytes:.2f} | {rates[0]} | {name} | {rates[1]} | {theirs / ours:.1f}"
    )


def _sample(folder: Path, pattern: str, most: int) -> list[File]:
    """Files that are spread over a folder's, by name, without those that are too large."""
    found = sorted(path for path in folder.rglob(pattern) if path.stat().st_size <= _LARGEST)
    return [(path.name, path.read_bytes()) for path in found[:: max(1, len(found) // most)][:most]]


def _printed(corpora: Path) -> list[File]:
    """PDFs that Chromium prints of a few documents; none where it is not installed."""
    found = sorted(corpora.glob("peps/base/**/pep-*.rst"))
    documents = found[_PRINTED :: max(1, len(found) // _PRINTED)][:_PRINTED]
    return [(f"{known.name}.pdf", known.data) for known in printed_pdfs(documents)]


def _has_text(file: File) -> bool:
    try:
        return read(file[1], file[0]).read_by == "pdf"
    except DocumentRejected:
        return False


def _can(reader: Reader, file: File) -> bool:
    """Whether a file can be read; the first call of each reader, whose imports are not what is measured."""
    try:
        reader(file[1], file[0])
    except Exception:  # noqa: BLE001 - the baselines raise anything on what they do not read
        return False
    return True


def _seconds(reader: Reader, files: list[File]) -> float:
    """Of this process and of its children that have ended, for all files."""
    gc.freeze()  # both readers' imports are there: neither shall pay for looking through the other's
    gc.set_threshold(_OBJECTS)
    return median(_run(reader, files) for _ in range(_RUNS))


def _run(reader: Reader, files: list[File]) -> float:
    """One pass over the files, as the mean of so many as take long enough to be measured."""
    spent, passes = 0.0, 0
    while spent < _LEAST_S:
        _forget()
        begun = sum(os.times()[:4])
        for name, data in files:
            reader(data, name)
        spent += sum(os.times()[:4]) - begun
        passes += 1
    return spent / passes


def _forget() -> None:
    """unstructured keeps what it has told of texts: the second time it would not work at all."""
    for name, module in list(sys.modules.items()):
        for value in (
            list(vars(module).values()) if name.partition(".")[0] == "unstructured" else ()
        ):
            if hasattr(value, "cache_clear"):
                value.cache_clear()


def _pdf_baseline() -> tuple[str, Reader]:
    try:
        import_module("unstructured.partition.pdf")
    except ImportError:
        return "pdfminer.six", _by_pdfminer
    return "unstructured, fast", _by_unstructured


def _by_unstructured(data: bytes, name: str) -> object:
    from unstructured.partition.auto import partition

    name = (
        name.removesuffix("x") if name.endswith(".mdx") else name
    )  # it would read it as plain text
    return partition(file=BytesIO(data), metadata_filename=name, strategy="fast")


def _by_pdfminer(data: bytes, name: str) -> object:
    from pdfminer.high_level import extract_text

    return extract_text(BytesIO(data))


def main(arguments: list[str]) -> None:
    """Print the tables."""
    for table in tables(Path(arguments[0])):
        print(table, end="\n\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
