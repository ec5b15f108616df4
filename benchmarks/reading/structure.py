"""Structure of documents, beside unstructured: `python -m benchmarks.reading.structure CORPORA`.

CORPORA holds `markitdown` (strings that a conversion must contain) and `unstructured` (its sample
files). The first table is of documents that are generated here from a known structure, the only
ones whose truth is complete.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.reading.element_files import element_files
from benchmarks.reading.structure_known import known_structure
from benchmarks.reading.structure_readers import by_unstructured, read
from benchmarks.reading.structure_samples import expectations, samples


def tables(corpora: Path) -> Iterator[str]:
    """Yield the tables as Markdown, each with its heading."""
    # Imports and the first call are not measured.
    read(by_unstructured, b"One line.\n\nAnother.", "a.txt")
    yield known_structure()
    yield expectations(corpora / "markitdown")
    yield samples(corpora / "unstructured")
    yield element_files(corpora / "unstructured")


def main(arguments: list[str]) -> None:
    """Print each table as soon as it is measured."""
    for table in tables(Path(arguments[0])):
        print(table, end="\n\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
