"""The reports as a person meets them: in a browser, on a phone, in the dark, on paper, with a keyboard alone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page

from tests.reports.browser import HOSTILE, chromium, opened, pages

PHONE = 390  # CSS pixels


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests here. Not for the whole session: while it lives, nothing else can run an event loop."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Every page, beside those that it leads to."""
    folder = tmp_path_factory.mktemp("pages")
    every = [(folder / f"{name}.html", html) for name, html in pages()]
    for file, html in every:
        file.write_text(html, encoding="utf-8")
    return [file for file, _ in every]


def test_every_section_is_on_some_page(files: list[Path]):
    """What the other tests look at is all that a report can hold: a new section needs a record that fills it."""
    templates = Path(__file__).parents[2] / "reports" / "templates" / "sections"
    sections = {identity for template in templates.iterdir() for identity in ids(template)}
    assert len(sections) > 10
    for name in ("published", "hostile"):
        (file,) = [file for file in files if file.stem == name]
        assert sections - ids(file) == set()


def ids(file: Path) -> set[str]:
    return set(re.findall(r'<section id="([\w-]+)"', file.read_text(encoding="utf-8")))


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


def test_nothing_runs_and_nothing_is_asked_for(browser: Browser, files: list[Path]):
    found = {}
    for file in files:
        with opened(browser, file) as sight:
            found[file.as_uri()] = sight.requests, sight.complaints, sight.ran()
    assert found == {file.as_uri(): ([file.as_uri()], [], []) for file in files}


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", PHONE)])
def test_anyone_can_read_it(browser: Browser, files: list[Path], scheme: str, width: int):
    violations, too_wide = {}, {}
    for file in files:
        with opened(browser, file, scheme, width) as sight:
            violations[file.stem], too_wide[file.stem] = sight.axe(), max(0, overflow(sight.page))
    assert violations == {file.stem: [] for file in files}
    assert too_wide == {file.stem: 0 for file in files}


def test_on_paper_it_says_the_same(browser: Browser, files: list[Path]):
    for file in files:
        with opened(browser, file, "dark") as sight:
            verdict = sight.page.locator("#verdict h1").inner_text()
            with pypdfium2.PdfDocument(sight.page.pdf()) as paper:
                first = paper[0].get_textpage().get_text_bounded()
        assert verdict  # its beginning: on paper a long one is broken into lines
        assert verdict[:40] in " ".join(first.split()), file.stem


def test_a_keyboard_finds_its_way(browser: Browser, files: list[Path]):
    for file in files:
        with opened(browser, file) as sight:
            sight.page.keyboard.press("Tab")
            first = sight.page.locator(":focus")
            assert first.get_attribute("class") == "skip", file.stem
            assert first.bounding_box()["x"] >= 0, file.stem  # it comes into sight
            links = sight.page.eval_on_selector_all(
                "a", "links => links.map(link => link.getAttribute('href'))"
            )
            inside = [link[1:] for link in links if link.startswith("#")]
            assert [
                link for link in inside if sight.page.locator(f"[id='{link}']").count() != 1
            ] == []
        assert "verdict" in inside
        outside = [link for link in links if link[0] != "#" and not (file.parent / link).is_file()]
        assert {
            link for link in outside if file.stem != "period"
        } == set()  # whose runs' reports are not written here


def overflow(page: Page) -> int:
    """CSS pixels by which the page is wider than its window."""
    return page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
