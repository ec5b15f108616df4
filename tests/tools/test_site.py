"""The site's tree of pages, and the check that nothing is loaded from the network."""

from pathlib import Path

import pytest

from tools import site


def test_pages_keep_their_relative_paths_and_bring_the_files_that_they_link_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(site, "PAGES", tmp_path)
    site.lay_out_pages()
    for name in ("README.md", "docs/gate.md", "docs/grafana.json", "schemas/documents/arrow.py"):
        assert (tmp_path / name).is_file(), name


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example.org/x.js"></script>',
        '<link rel="stylesheet" href="//fonts.example.org/css">',
        "<img src=https://img.example.org/x.png>",
    ],
)
def test_a_resource_from_the_network_is_reported(tmp_path: Path, html: str):
    (tmp_path / "page.html").write_text(html, "utf-8")
    assert len(site.external_resources(tmp_path)) == 1


def test_links_and_own_resources_are_no_resources_from_the_network(tmp_path: Path):
    html = '<a href="https://example.org">x</a><script src="assets/x.js"></script>'
    (tmp_path / "page.html").write_text(html, "utf-8")
    assert site.external_resources(tmp_path) == []
