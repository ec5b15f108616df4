"""Lay out the package as it is imported: `python -m tools.link_tree FOLDER` makes FOLDER/vouch of links to the sources.

The rooms stand at the top level of the repository and are imported as `vouch.ROOM` (setup.py). At run time the package
index's finder knows that; tools that read files (mypy, import-linter, mkdocstrings, an editor) want the folders nested.
"""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
NOT_ROOMS = {"vouch", "tests", "benchmarks", "docs", "examples", "tools", "build"}


def rooms() -> list[str]:
    """The names of the top-level packages that are installed below `vouch`."""
    return sorted(
        found.parent.name
        for found in ROOT.glob("*/__init__.py")
        if found.parent.name not in NOT_ROOMS
    )


def lay(folder: Path) -> None:
    """Replace `folder` by real folders that hold a link for each source file: import-linter follows no linked folder."""
    shutil.rmtree(folder, ignore_errors=True)
    for source, package in [
        (ROOT / "vouch", folder / "vouch"),
        *((ROOT / room, folder / "vouch" / room) for room in rooms()),
    ]:
        for file in source.rglob("*.py"):
            link = package / file.relative_to(source)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(file)


if __name__ == "__main__":
    lay(Path(sys.argv[1]))
