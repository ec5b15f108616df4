"""How well polluted CSV files are read: scores from 0 to 10, as in Pollock.

A score is the sum of ten shares: 1 for a file that is read, and precision, recall and F1 of the
header's cells, of the rows below it, and of all cells.

`pollock/` in CORPORA is Pollock's own repository (MIT), with `polluted_files` and `survey_sample`,
each of them with the files in `csv/` and their rows in `clean/`.
"""

import csv
import io
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import clevercsv

from benchmarks.reading.delimited_pollution import Polluted, Rows, polluted_files
from vouch.parsers.base import Hint
from vouch.parsers.common.text.encoding import decode
from vouch.parsers.text.delimited import parse
from vouch.schemas.errors import DocumentRejected

Reader = Callable[[bytes], Rows]


def tables(corpora: Path) -> Iterator[str]:
    """Yield a table for the pollutions made here, and for each of Pollock's sets."""
    yield "A table polluted by Pollock's rules:"
    yield _table(list(polluted_files(corpora / "chunking")))
    for name in ("polluted_files", "survey_sample"):
        folder = corpora / "pollock" / name
        if folder.is_dir():
            yield f"Pollock's {name}:"
            yield _table(list(_stored(folder)))
        else:
            yield f"pollock/{name} is missing: Pollock's repository (MIT)."


def _stored(folder: Path) -> Iterator[Polluted]:
    for file in sorted((folder / "csv").iterdir()):
        clean = folder / "clean" / file.name
        if clean.is_file():
            with clean.open(encoding="utf-8-sig", newline="") as rows:
                yield Polluted(file.name, 1, decode(file.read_bytes()), list(csv.reader(rows)))


def _by_vouch(data: bytes) -> Rows:
    document = parse(data, Hint("file.csv", "text/csv"))
    return [
        [document.text[start:end] for start, end in row]
        for element in document.elements
        if element.table
        for row in element.table.rows
    ]


def _by_csv(data: bytes) -> Rows:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def _by_sniffer(data: bytes) -> Rows:
    text = data.decode()
    return list(csv.reader(io.StringIO(text, newline=""), csv.Sniffer().sniff(text)))


def _by_clevercsv(data: bytes) -> Rows:
    text = data.decode()
    dialect = clevercsv.Sniffer().sniff(text)
    return [list(row) for row in clevercsv.reader(io.StringIO(text, newline=""), dialect)]


_READERS: dict[str, Reader] = {
    "**Vouch**": _by_vouch,
    "csv, Python's": _by_csv,
    "csv with its Sniffer": _by_sniffer,
    "clevercsv": _by_clevercsv,
}


def _table(files: list[Polluted]) -> str:
    """Return mean scores, also weighted by how usual a pollution is, and what scores lowest."""
    lines = [
        "| read by | files | score | weighted | ms a file | below 9.5 |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for reader, read in _READERS.items():
        start = time.process_time()
        scores = [_score(file, read) for file in files]
        milliseconds = (time.process_time() - start) * 1000 / len(files)
        weighted = sum(
            score * file.weight for score, file in zip(scores, files, strict=True)
        ) / sum(file.weight for file in files)
        kinds: dict[str, list[float]] = {}
        for score, file in zip(scores, files, strict=True):
            kinds.setdefault(file.name, []).append(score)
        means = {kind: sum(values) / len(values) for kind, values in kinds.items()}
        low = [f"{kind} {mean:.1f}" for kind, mean in means.items() if mean < 9.5]
        lines.append(
            f"| {reader} | {len(files):,} | {sum(scores) / len(scores):.3f} | {weighted:.3f}"
            f" | {milliseconds:.1f} | {', '.join(low[:12])} |"
        )
    return "\n".join(lines)


def _score(file: Polluted, read: Reader) -> float:
    try:
        rows = read(file.text.encode("utf-8", "replace"))
    except (csv.Error, clevercsv.Error, UnicodeError, DocumentRejected):
        return 0.0
    if not file.rows:
        return 10.0
    return (
        1
        + _agreement(file.rows[0], rows[0] if rows else [])
        + _agreement(map("".join, file.rows[1:]), map("".join, rows[1:]))
        + _agreement((cell for row in file.rows for cell in row), (c for row in rows for c in row))
    )


def _agreement(rights: Iterable[str], readings: Iterable[str]) -> float:
    """Return precision + recall + F1 of texts, without regard to case and margins."""
    right, read = (
        Counter(text.strip().casefold() for text in texts) for texts in (rights, readings)
    )
    if not right:
        return 3.0
    common = (right & read).total()
    if not common:
        return 0.0
    precision, recall = common / read.total(), common / right.total()
    return precision + recall + 2 * precision * recall / (precision + recall)
