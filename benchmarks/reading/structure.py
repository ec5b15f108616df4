"""What is found of the structure of documents, beside `unstructured`: `python -m benchmarks.reading.structure CORPORA`.

CORPORA holds `markitdown` (strings that a conversion must hold) and `unstructured` (its sample files). The first table is of
documents made here from one known structure, the only ones of which the truth is known to its last cell.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.reading.structure_known import known
from benchmarks.reading.structure_readers import by_unstructured, offline, read
from benchmarks.reading.structure_samples import expectations, samples


def tables(corpora: Path) -> Iterator[str]:
    """The tables as Markdown, each with its heading."""
    with offline():
        read(
            by_unstructured, b"One line.\n\nAnother.", "a.txt"
        )  # its imports and first call are not what is measured
        yield known()
        yield expectations(corpora / "markitdown")
        yield samples(corpora / "unstructured")


def main(arguments: list[str]) -> None:
    """Print the tables, each as soon as it is known."""
    for table in tables(Path(arguments[0])):
        print(table, end="\n\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
