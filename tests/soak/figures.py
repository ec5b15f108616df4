"""Figures of soak tests: stored as lines of JSON, printed as a table.

`python -m tests.soak.figures FILE` prints the lines of a file as Markdown.
"""

import json
import os
import sys
from pathlib import Path

FIGURES = Path(os.environ.get("SOAK_FIGURES", "data/soak"))


def note(file: Path, **figures: object) -> None:
    """Append a line to the file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(figures) + "\n")


def table(file: Path) -> str:
    """Return the lines of the file as a Markdown table."""
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [names, ["---"] * len(names), *([row.get(name, "") for name in names] for row in rows)]
    return "\n".join(
        "| "
        + " | ".join(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in line)
        + " |"
        for line in lines
    )


if __name__ == "__main__":
    print(table(Path(sys.argv[1])))
