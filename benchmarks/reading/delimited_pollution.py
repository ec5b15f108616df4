"""A table polluted in the ways that spoil CSV files, and the same without the pollution.

The ways, and their weights, are those of Pollock (Vitagliano et al., "Pollock: A Data Loading
Benchmark", PVLDB 2023, MIT), which found them in 3,712 files of open-data portals. Their table is
not used: this one is made of the first 83 questions of the chunking collection.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

Rows = list[list[str]]
_QUESTIONS = 83
# How often the files of the survey have each pollution; of the kinds with a file for each cell,
# the weight of one file.
_EACH_DELIMITER = 0.36775
_EACH_MARK = 0.00926


@dataclass(frozen=True, slots=True)
class Polluted:
    """A polluted file, its weight, and the rows that a reader should find, the header first."""

    name: str
    weight: float
    text: str
    rows: Rows


def polluted_files(folder: Path) -> Iterator[Polluted]:
    """Yield 2,290 files; `folder` is that of the chunking collection."""
    rows = _table(folder)
    header, width = rows[0], len(rows[0])
    text = _written(rows)
    yield Polluted("source", 1, text, rows)
    yield Polluted("no payload", 15, "", [])
    yield Polluted("no trailing newline", 184, text.removesuffix("\r\n"), rows)
    yield Polluted("double trailing newline", 5, text + "\r\n", rows)
    yield Polluted("no header", 470, _written(rows[1:]), rows[1:])
    for times in (2, 3):
        names = [" ".join([name] * times) for name in header]
        repeated = _written([header] * (times - 1) + rows)
        yield Polluted("several header rows", 47, repeated, [names, *rows[1:]])
    preamble = [["PREAMBLE"] + [""] * (width - 1), [""] * width]
    yield Polluted("preamble", 282, _written(preamble + rows), rows)
    for columns in (width - 1, width, width + 1):
        second = [
            [*row, "another" if number == 0 else row[-1]][:columns]
            for number, row in enumerate(rows[:_QUESTIONS])
        ]
        yield Polluted("several tables", 62.667, text + _written(second), rows + second)
    yield Polluted("header only", 3, _written(rows[:1]), rows[:1])
    yield Polluted("one data row", 4, _written(rows[:2]), rows[:2])
    yield Polluted("line feeds", 1691, _written(rows, end="\n"), rows)
    yield Polluted("carriage returns", 7, _written(rows, end="\r"), rows)
    for name, weight, delimiter in (
        ("semicolons", 834, ";"),
        ("tabs", 4, "\t"),
        ("comma and blank", 101, ", "),
        ("blanks", 4, " "),
    ):
        yield Polluted(name, weight, _written(rows, delimiter), rows)
    yield Polluted("single quotation marks", 11, _written(rows, quote="'", escape="'"), rows)
    yield Polluted("escape by backslash", 1, _written(rows, escape="\\"), rows)
    yield Polluted("no escape", 7, _written(rows, escape=""), rows)
    for number in range(len(rows)):
        yield from _with_a_polluted_row(rows, number)


def _with_a_polluted_row(rows: Rows, number: int) -> Iterator[Polluted]:
    """Yield the files in which a single row is polluted, at each of its cells."""
    lines = [",".join(map(_cell, row)) for row in rows]
    cells = [_cell(cell) for cell in rows[number]]

    def text(line: str) -> str:
        return "".join(f"{part}\r\n" for part in [*lines[:number], line, *lines[number + 1 :]])

    for place, cell in enumerate(cells):
        before, after = cells[:place], cells[place + 1 :]
        more = text(",".join([*before, "," + cell, *after]))
        yield Polluted("a delimiter too many", _EACH_DELIMITER, more, rows)
        if place:
            fewer = text(",".join([*before[:-1], before[-1] + cell, *after]))
            yield Polluted("a delimiter too few", _EACH_DELIMITER, fewer, rows)
        # The mark is the first character of the cell's value.
        marked = cell[:1] + '"' + cell[1:] if cell.startswith('"') else '"' + cell
        values = [list(row) for row in rows]
        values[number][place] = '"' + values[number][place]
        stray = text(",".join([*before, marked, *after]))
        yield Polluted("a stray quotation mark", _EACH_MARK, stray, values)
    yield Polluted("another delimiter in a row", _EACH_MARK, text(" ".join(cells)), rows)


def _table(folder: Path) -> Rows:
    """Return a header and a row for each question: numbers, a date, a time, a price, texts."""
    rows = [
        ["Number", "Day", "Time", "Start", "Price", "Corpus", "Question", "Content", "Comments"]
    ]
    with (folder / "questions_df.csv").open(encoding="utf-8", newline="") as file:
        for number, line in zip(range(_QUESTIONS), csv.DictReader(file), strict=False):
            reference = json.loads(line["references"])[0]
            rows.append(
                [
                    str(number + 1),
                    f"{number % 28 + 1:02}/{number // 28 + 1:02}/2018",
                    f"{number // 4:02}:{number % 4 * 15:02}",
                    str(reference["start_index"]),
                    f"${reference['end_index'] % 9000 / 100:.2f}",
                    line["corpus_id"],
                    line["question"],
                    " ".join(reference["content"].split()),
                    "",
                ]
            )
    return rows


def _written(
    rows: Rows, delimiter: str = ",", quote: str = '"', escape: str = '"', end: str = "\r\n"
) -> str:
    lines = [delimiter.join(_cell(cell, delimiter, quote, escape) for cell in row) for row in rows]
    return "".join(line + end for line in lines)


def _cell(cell: str, delimiter: str = ",", quote: str = '"', escape: str = '"') -> str:
    escaped = cell.replace(quote, escape + quote)
    return quote + escaped + quote if delimiter in cell or quote in cell else escaped
