"""The reports in a browser: on a wide screen, on a phone in the dark, on paper, by keyboard."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page

from tests.reports.browser import HOSTILE, chromium, observe, pages

PHONE = 390  # CSS pixels


@dataclass
class Examined:
    """What was observed on a page on a wide screen; on a phone in the dark; and on paper."""

    requests: list[str]
    errors: list[str]
    active_content: list[str]
    violations: list[str]
    overflow: list[int]
    focus: tuple[str, float]
    links: list[str]
    targets: list[str]
    headline: str
    first_paper_page: str


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for the whole session: while it is open, nothing else can run an event loop."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Every page, beside the pages that it links to."""
    folder = tmp_path_factory.mktemp("pages")
    for name, html in pages():
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def examined(browser: Browser, files: list[Path]) -> dict[Path, Examined]:
    """Each page is opened twice, and all that the tests need is observed then."""
    return {file: examine(browser, file) for file in files}


def examine(browser: Browser, file: Path) -> Examined:
    with observe(browser, file) as wide:
        page = wide.page
        active_content, requests = wide.active_content(), list(wide.requests)
        overflow = wide.overflow()
        page.keyboard.press("Tab")
        focus = page.locator(":focus")
        focused = str(focus.get_attribute("class")), focus.bounding_box()["x"]
        links = page.eval_on_selector_all("a", "as => as.map(a => a.getAttribute('href'))")
        targets = page.eval_on_selector_all("[id]", "es => es.map(e => e.id)")
        errors, violations = list(wide.errors), wide.axe()
    with observe(browser, file, "dark", PHONE) as phone:
        narrow_overflow = phone.overflow()
        headline, paper = phone.page.locator("#verdict h1").inner_text(), first_page(phone.page)
        violations += phone.axe(layout_only=True)
    return Examined(
        requests,
        errors,
        active_content,
        violations,
        [overflow, narrow_overflow],
        focused,
        links,
        targets,
        headline,
        paper,
    )


def first_page(page: Page) -> str:
    """Return the text of the first page on paper, on one line."""
    with pypdfium2.PdfDocument(page.pdf()) as paper:
        return " ".join(paper[0].get_textpage().get_text_bounded().split())


def section_ids(file: Path) -> set[str]:
    return set(re.findall(r'<section id="([\w-]+)"', file.read_text(encoding="utf-8")))


def test_every_section_is_on_an_examined_page(files: list[Path]):
    """A new section needs a record that fills it, or the other tests do not see it."""
    templates = Path(__file__).parents[2] / "reports" / "templates" / "sections"
    sections = {identity for template in templates.iterdir() for identity in section_ids(template)}
    assert len(sections) > 10
    for names in (("published", "rejected"), ("hostile", "hostile-rejected")):
        shown = set().union(*(section_ids(file) for file in files if file.stem in names))
        assert sections - shown == set()


def test_unescaped_text_would_be_noticed(browser: Browser, tmp_path: Path):
    """Unescaped, the hostile text does run and load, and the observations show it."""
    file = tmp_path / "unescaped.html"
    file.write_text(f"<!doctype html><p style='width: 900px'>{HOSTILE}", encoding="utf-8")
    with observe(browser, file, width=PHONE) as page:
        assert "a script ran" in page.active_content()
        assert [url.rpartition("/")[2] for url in page.requests] == ["unescaped.html", "x"]
        assert page.errors
        assert page.overflow() > 0
        assert any(violation.startswith("html-has-lang") for violation in page.axe())


def test_nothing_runs_and_nothing_is_requested(examined: dict[Path, Examined]):
    observed = {
        file.stem: (page.requests, page.errors, page.active_content)
        for file, page in examined.items()
    }
    assert observed == {file.stem: ([file.as_uri()], [], []) for file in examined}


def test_pages_are_accessible_and_fit_the_window(examined: dict[Path, Examined]):
    observed = {file.stem: (page.violations, page.overflow) for file, page in examined.items()}
    assert observed == {file.stem: ([], [0, 0]) for file in examined}


def test_on_paper_the_verdict_comes_first(examined: dict[Path, Examined]):
    for file, page in examined.items():
        assert page.headline, file.stem
        # On paper a long headline is broken into lines.
        assert page.headline[:40] in page.first_paper_page, file.stem


def test_the_keyboard_reaches_everything(examined: dict[Path, Examined]):
    for file, page in examined.items():
        style, left = page.focus
        assert style == "skip", file.stem
        assert left >= 0, f"{file.stem}: the link that skips to the verdict stays hidden"
        inside = [link[1:] for link in page.links if link.startswith("#")]
        assert "verdict" in inside
        assert [link for link in inside if page.targets.count(link) != 1] == []
        outside = [link for link in page.links if not link.startswith("#")]
        if file.stem != "period":  # whose links lead to reports on runs, which are not written here
            assert [link for link in outside if not (file.parent / link).is_file()] == []
