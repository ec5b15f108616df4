"""Build the documentation site: `python -m tools.site` writes build/site.

MkDocs reads a single folder, while the documents are at the top level and in docs/ and link to each
other and to files of the repository. So a tree with the same relative paths is laid out first, in
build/pages: all documents, and each file that they link to. Links then work as they do on a
repository page, and MkDocs' strict mode checks them. The API page is made from docstrings of the
package as `tools.link_tree` lays it out in build/links.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.link_tree import ROOT

PAGES = ROOT / "build" / "pages"
SITE = ROOT / "build" / "site"
_LINK = re.compile(r"\]\(([^)\s#]+)[^)]*\)")
# What a browser would fetch when it shows a page; links for readers to follow are `<a href>`.
_FETCHED = re.compile(
    r"<(?:script|img|iframe)\b[^>]*\bsrc=\"?(?:https?:)?//[^\">\s]+"
    r"|<link\b[^>]*\brel=\"?(?:stylesheet|icon|preconnect)\b[^>]*\bhref=\"?(?:https?:)?//[^\">\s]+"
)


def documents() -> list[Path]:
    """Return the Markdown files of the site."""
    return [
        *sorted(ROOT.glob("*.md")),
        *sorted((ROOT / "docs").rglob("*.md")),
        *sorted((ROOT / "examples").glob("README.md")),
        *sorted((ROOT / "examples").glob("*/README.md")),
    ]


def linked_files(document: Path) -> Iterator[Path]:
    """Yield the files of the repository that a document links to."""
    for target in _LINK.findall(document.read_text("utf-8")):
        file = (document.parent / target).resolve()
        if "://" not in target and file.is_file() and file.is_relative_to(ROOT):
            yield file


def lay_out_pages() -> None:
    """Copy the documents and what they link to into build/pages."""
    shutil.rmtree(PAGES, ignore_errors=True)
    for document in documents():
        for file in {document, *linked_files(document)}:
            copy = PAGES / file.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)


def external_resources(site: Path = SITE) -> list[str]:
    """Return what pages of the site would load from the network: there must be none."""
    return [
        f"{page.relative_to(site)}: {match[0]}"
        for page in sorted(site.rglob("*.html"))
        for match in _FETCHED.finditer(page.read_text("utf-8"))
    ]


def main() -> int:
    """Build the site and return the exit code."""
    lay_out_pages()
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"],
        cwd=ROOT,
        # Material announces MkDocs' successors at each build; the lock file decides what is used.
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        check=False,
    )
    external = external_resources() if built.returncode == 0 else []
    for line in external:
        print(f"loads from the network: {line}", file=sys.stderr)
    return built.returncode or bool(external)


if __name__ == "__main__":
    sys.exit(main())
