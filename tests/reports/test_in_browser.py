"""The reports as a person meets them: in a browser, on a phone, in the dark, on paper, with a keyboard alone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Browser

from tests.reports.browser import HOSTILE, chromium, opened, pages

NAMES = [name for name, _ in pages()]
PHONE = 390  # CSS pixels


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests here. Not for the whole session: while it lives, nothing else can run an event loop."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("pages")
    for name, html in pages():
        (place / f"{name}.html").write_text(html, encoding="utf-8")
    return place


def test_every_section_is_on_some_page():
    """What the other tests look at is all that a report can hold: a new section needs a record that fills it."""
    template = Path(__file__).parents[2] / "reports" / "templates" / "run.html.j2"
    sections = set(re.findall(r'<section id="([\w-]+)"', template.read_text(encoding="utf-8")))
    assert len(sections) > 5
    for name in ("published", "hostile"):
        assert sections - set(re.findall(r'<section id="([\w-]+)"', dict(pages())[name])) == set()


def test_the_browser_would_tell(browser: Browser, tmp_path: Path):
    """Unescaped, the hostile words do run and load: what the other tests look for is seen where it is there."""
    page = tmp_path / "trapped.html"
    page.write_text(f"<!doctype html><p style='width: 900px'>{HOSTILE}", encoding="utf-8")
    with opened(browser, page, width=PHONE) as sight:
        assert "a script ran" in sight.ran()
        assert [url.rpartition("/")[2] for url in sight.requests] == ["trapped.html", "x"]
        assert sight.complaints
        assert overflow(sight.page) > 0
        assert any(found.startswith("html-has-lang") for found in sight.axe())


@pytest.mark.parametrize("name", NAMES)
def test_nothing_runs_and_nothing_is_asked_for(browser: Browser, folder: Path, name: str):
    file = folder / f"{name}.html"
    with opened(browser, file) as sight:
        assert sight.requests == [file.as_uri()]
        assert sight.complaints == []
        assert sight.ran() == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", PHONE)])
def test_anyone_can_read_it(browser: Browser, folder: Path, name: str, scheme: str, width: int):
    with opened(browser, folder / f"{name}.html", scheme, width) as sight:
        assert sight.axe() == []
        assert overflow(sight.page) <= 0


@pytest.mark.parametrize("name", NAMES)
def test_on_paper_it_says_the_same(browser: Browser, folder: Path, name: str):
    with opened(browser, folder / f"{name}.html", "dark") as sight:
        verdict = sight.page.locator("#verdict h1").inner_text()
        with pypdfium2.PdfDocument(sight.page.pdf()) as paper:
            first = paper[0].get_textpage().get_text_bounded()
    assert verdict
    assert verdict in " ".join(first.split())


@pytest.mark.parametrize("name", NAMES)
def test_a_keyboard_finds_its_way(browser: Browser, folder: Path, name: str):
    with opened(browser, folder / f"{name}.html") as sight:
        sight.page.keyboard.press("Tab")
        first = sight.page.locator(":focus")
        assert first.get_attribute("class") == "skip"
        assert first.bounding_box()["x"] >= 0  # it comes into sight
        targets = sight.page.eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))")
        inside = [target[1:] for target in targets if target.startswith("#")]
        assert inside
        assert [target for target in inside if sight.page.locator(f"[id='{target}']").count() != 1] == []
        beside = [target for target in targets if not target.startswith("#")]
        assert [target for target in beside if not (folder / target).is_file()] == []


def overflow(page) -> int:
    """CSS pixels by which the page is wider than its window."""
    return page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
