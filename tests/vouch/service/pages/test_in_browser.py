"""Every page in a real browser: on a wide screen, on a phone in the dark, by keyboard alone."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser

from tests.reports.browser import HOSTILE
from tests.vouch.service.pages.asking import hit, span
from tests.vouch.service.pages.conftest import BIDI, QUESTION
from tests.vouch.service.pages.visiting import visiting
from tests.vouch.service.running import Service

PHONE = 360  # CSS pixels
_EXPECTED = {"problem": 403, "missing": 404}
MEMBERS = {"profile": "members", "v.groups": "staff"}
NAMES = (
    "start", "search", "explained", "nothing", "problem", "document", "huge", "sheet", "chunk",
    "fields", "runs", "rejected", "compare", "judge", "missing",
)  # fmt: skip


@pytest.fixture(scope="module")
def addresses(served: Service) -> dict[str, str]:
    """The address of each kind of page."""
    hostile, lease = hit(served, "hostile notice", "hostile.md"), hit(served, "rent", "lease.pdf")
    runs = served.get("/v1/runs").json()["runs"]
    rejected = next(run["id"] for run in runs if run["status"] == "rejected")
    judged = {"q": QUESTION, "document": hostile["document_id"], **span(hostile)}
    document = f"/documents/{hostile['document_id']}"
    return {
        "start": "/",
        "search": f"/?{urlencode({'q': 'hostile notice', 'breadth': 'all', 'k': 20})}",
        "explained": f"/?{urlencode({'q': QUESTION, 'explain': 1, **MEMBERS})}",
        "nothing": f"/?{urlencode({'q': QUESTION, 'filters': 'language = xx'})}",
        "problem": f"/?{urlencode({'q': QUESTION, 'profile': 'members'})}",
        "document": f"{document}?{urlencode(span(hostile))}#cited",
        "huge": f"/documents/{hit(served, 'harvests', 'long.md')['document_id']}?part=3",
        "sheet": f"/documents/{lease['document_id']}/pages/1?{urlencode(span(lease))}",
        "chunk": f"/chunks/{hostile['chunk_id']}?file=1",
        "fields": "/fields",
        "runs": "/runs",
        "rejected": f"/runs/{rejected}",
        "compare": f"/compare?{urlencode({'q': QUESTION, 'right': rejected})}",
        "judge": f"/feedback?{urlencode(judged)}",
        "missing": "/documents/0123456789abcdef",
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", PHONE)])
def test_a_page_is_accessible_fits_and_asks_no_other_host(
    browser: Browser,
    served: Service,
    addresses: dict[str, str],
    name: str,
    scheme: str,
    width: int,
):
    with visiting(browser, served.url, scheme, width) as visit:
        assert visit.go(addresses[name]) == _EXPECTED.get(name, 200)
        errors = [error for error in visit.errors if "Failed to load resource" not in error]
        assert (errors, visit.attacks(), visit.elsewhere()) == ([], [], [])
        assert visit.overflow() == 0
        for summary in visit.page.locator("summary").all():
            if summary.is_visible():
                summary.click()
        assert (visit.violations(), visit.overflow()) == ([], 0)


def test_what_is_loaded_from_elsewhere_would_be_noticed(browser: Browser, served: Service):
    with visiting(browser, served.url) as visit:
        visit.go("/")
        visit.page.evaluate(
            "() => { const e = document.createElement('img'); e.src = 'http://127.0.0.2:9/x';"
            "document.body.append(e); document.body.setAttribute('style', 'width: 3000px') }"
        )
        visit.page.wait_for_function("() => true")
        assert any("Content Security Policy" in error for error in visit.errors)
        assert visit.attacks()


def test_texts_that_attack_are_shown_as_texts(
    browser: Browser, served: Service, addresses: dict[str, str]
):
    with visiting(browser, served.url) as visit:
        for name in ("search", "document", "chunk", "judge"):
            visit.go(addresses[name])
            assert visit.attacks() == []
            assert visit.page.evaluate("window.hacked") is None
        visit.go(addresses["document"])
        shown = visit.page.locator(".canonical").inner_text()
        assert "<script" in HOSTILE
        assert "<script" in shown
        assert "⟨U+202E⟩" in shown
        assert "\u202e" not in visit.page.content()
        assert BIDI.partition("\u202e")[0] in shown


def test_a_person_comes_from_the_question_to_the_document_by_keyboard_alone(
    browser: Browser, served: Service
):
    with visiting(browser, served.url, reduced_motion="reduce") as visit:
        page, keyboard = visit.page, visit.page.keyboard
        visit.go("/")
        keyboard.type(QUESTION)
        keyboard.press("Enter")
        page.wait_for_selector(".hits")
        for _ in range(40):
            keyboard.press("Tab")
            focused = page.locator(":focus")
            outline = focused.evaluate("e => getComputedStyle(e).outlineStyle")
            assert outline != "none", focused.evaluate("e => e.outerHTML")
            if focused.inner_text().startswith("In the document"):
                break
        keyboard.press("Enter")
        page.wait_for_url("**/documents/**")
        box = page.locator("#cited").bounding_box()
        assert box is not None
        assert 0 <= box["y"] < 800
        assert "notice period" in page.locator("#cited").inner_text()


def test_the_first_thing_that_the_keyboard_reaches_skips_the_menu(
    browser: Browser, served: Service
):
    with visiting(browser, served.url) as visit:
        visit.go("/runs")
        visit.page.keyboard.press("Tab")
        focused = visit.page.locator(":focus")
        assert focused.get_attribute("href") == "#content"
        assert focused.bounding_box()["x"] >= 0
        visit.page.keyboard.press("Enter")
        assert visit.page.evaluate("document.activeElement.id") == "content"


def test_the_picture_of_a_page_is_shown_with_the_passage_marked(
    browser: Browser, served: Service, addresses: dict[str, str]
):
    with visiting(browser, served.url) as visit:
        visit.go(addresses["sheet"])
        picture = visit.page.locator("figure img")
        assert picture.evaluate("e => e.complete && e.naturalWidth") == 1000
        assert "with the cited passage marked" in picture.get_attribute("alt")


def test_a_report_has_its_style_and_nothing_else(
    browser: Browser, served: Service, addresses: dict[str, str]
):
    with visiting(browser, served.url) as visit:
        assert visit.go(f"{addresses['rejected']}/report") == 200
        assert (visit.errors, visit.elsewhere()) == ([], [])
        border = "e => getComputedStyle(e).borderLeftStyle"
        assert visit.page.locator(".verdict").evaluate(border) == "solid"
        assert visit.page.evaluate("window.hacked") is None


def test_an_answer_is_judged_in_the_browser(browser: Browser, served: Service):
    with visiting(browser, served.url) as visit:
        visit.go(f"/?{urlencode({'q': 'harvests of the year'})}")
        visit.page.get_by_role("link", name="Right or wrong?").first.click()
        visit.page.get_by_label("a wrong answer").check()
        visit.page.get_by_label("Your name").fill("Ada")
        visit.page.get_by_role("button", name="Write it down").click()
        visit.page.get_by_role("heading", name="Written down").wait_for()
        assert (visit.errors, visit.violations()) == ([], [])
    golden = (served.log.parent / "golden.jsonl").read_text().splitlines()
    assert '"owner":"Ada"' in golden[-1]
