"""Lay out the package as it is imported: `python -m tools.link_tree FOLDER` makes FOLDER/vouch.

The rooms are at the top level of the repository and are imported as `vouch.ROOM` (setup.py). At
run time the finder that setuptools installs maps the names; tools that read files instead (mypy,
import-linter, mkdocstrings, an editor) need the folders nested.
"""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
NOT_ROOMS = {"vouch", "tests", "benchmarks", "docs", "examples", "tools", "build"}


def rooms() -> list[str]:
    """Return the names of the top-level packages that are installed below `vouch`."""
    packages = {file.parent.name for file in ROOT.glob("*/__init__.py")}
    return sorted(packages - NOT_ROOMS)


def lay(folder: Path) -> None:
    """Replace `folder` by the tree: a real folder for each package, a link for each source file.

    Folders are not linked, because import-linter does not follow a linked folder.
    """
    shutil.rmtree(folder, ignore_errors=True)
    places = {ROOT / "vouch": folder / "vouch"}
    places |= {ROOT / room: folder / "vouch" / room for room in rooms()}
    for source, package in places.items():
        for file in (*source.rglob("*.py"), *source.rglob("py.typed")):
            link = package / file.relative_to(source)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(file)


if __name__ == "__main__":
    lay(Path(sys.argv[1]))
