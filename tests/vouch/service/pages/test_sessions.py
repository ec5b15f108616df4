"""Keys in a browser: who signs in sees what the key may see, and other sites nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser
from starlette.datastructures import Headers

from tests.vouch.service.conftest import ADMIN_KEY, STAFF_KEY
from tests.vouch.service.pages.asking import HTML, hit, span, text_of
from tests.vouch.service.pages.visiting import visiting
from tests.vouch.service.running import Service
from vouch.service.pages.sessions import COOKIE, is_own_form, own_address

SECRET = "The salary of the director"


def own(service: Service) -> dict[str, str]:
    """Return the headers of a form that a page of the service sends."""
    return {**HTML, "Origin": service.url, "Sec-Fetch-Site": "same-origin"}


def test_without_a_key_there_is_only_the_page_to_sign_in(guarded: Service):
    with guarded.client() as client:
        for path in ("/", "/runs", "/compare", "/documents/0123456789abcdef", "/feedback"):
            answer = client.get(path, headers=HTML)
            assert (answer.status_code, answer.headers["location"][:12]) == (303, "/login?next=")
        assert client.get("/login", headers=HTML).status_code == 200
        # What programs ask for says so to programs.
        assert client.get("/v1/runs").status_code == 401


def test_who_signs_in_sees_what_the_key_may_see(guarded: Service):
    notice = hit(guarded, "notice", "notice.md", key=ADMIN_KEY)
    salaries = hit(guarded, "salary", "salaries.md", key=ADMIN_KEY)
    with guarded.client() as client:
        answer = client.post("/login", data={"key": STAFF_KEY, "next": "/"}, headers=own(guarded))
        cookie = answer.headers["set-cookie"].lower()
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert STAFF_KEY not in cookie
        assert "three months" in text_of(client.get("/?q=notice+period", headers=HTML))
        assert SECRET not in client.get("/?q=salary+of+the+director", headers=HTML).text
        # As if it did not exist, by whichever page.
        for path in (
            f"/documents/{salaries['document_id']}",
            f"/documents/{salaries['document_id']}/pages/1",
            f"/documents/{salaries['document_id']}/pages/1.png",
            f"/chunks/{salaries['chunk_id']}",
            f"/chunks/{salaries['chunk_id']}?file=1",
        ):
            assert client.get(path, headers=HTML).status_code == 404, path
        assert client.get(f"/documents/{notice['document_id']}", headers=HTML).status_code == 200
        run = client.get("/runs", headers=HTML)
        assert run.status_code == 200
        (rejected,) = {
            each["id"]
            for each in guarded.get("/v1/runs", ADMIN_KEY).json()["runs"]
            if each["status"] == "rejected"
        }
        # Reports and golden queries name documents of everybody.
        assert client.get(f"/runs/{rejected}/report", headers=HTML).status_code == 403
        assert "notice.md" not in client.get(f"/runs/{rejected}", headers=HTML).text
        compared = client.get(f"/compare?q=salary&right={rejected}", headers=HTML)
        assert compared.status_code == 200
        assert SECRET not in compared.text
        assert "Golden queries" not in compared.text
        # A cookie is nothing to the routes of programs.
        assert client.get("/v1/runs").status_code == 401
        # By default nothing can be written where keys are needed.
        judged = {"document": notice["document_id"], **span(notice)}
        assert client.get("/feedback", params=judged, headers=HTML).status_code == 403
        client.post("/logout", headers=own(guarded))
        assert client.get("/", headers=HTML).status_code == 303


def test_a_session_that_was_ended_is_not_resumed_by_its_cookie(guarded: Service):
    with guarded.client() as client:
        client.post("/login", data={"key": ADMIN_KEY}, headers=own(guarded))
        token = client.cookies[COOKIE]
        client.post("/logout", headers=own(guarded))
        client.cookies.set(COOKIE, token)
        assert client.get("/", headers=HTML).status_code == 303


@pytest.mark.parametrize("key", ["", "wrong", "x" * 3000, "\x00", "é" * 20])
def test_what_is_no_key_signs_nobody_in(guarded: Service, key: str):
    with guarded.client() as client:
        answer = client.post("/login", data={"key": key}, headers=own(guarded))
        assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
        assert "no key of this service" in text_of(answer)
        answer = client.post("/login", content=b"key=" + b"x" * 10_000, headers=own(guarded))
        assert answer.status_code == 413


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://other.localhost"},
        {},
    ],
)
@pytest.mark.parametrize("path", ["/login", "/logout", "/feedback"])
def test_a_form_of_another_site_does_nothing(guarded: Service, path: str, headers: dict[str, str]):
    with guarded.client() as client:
        answer = client.post(path, data={"key": ADMIN_KEY}, headers={**HTML, **headers})
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


def test_signing_in_by_the_browser(browser: Browser, guarded: Service):
    with visiting(browser, guarded.url, "dark", 360) as visit:
        visit.go("/?q=salary")
        assert (visit.violations(), visit.overflow()) == ([], 0)
        visit.page.get_by_label("Key").fill("wrong")
        visit.page.keyboard.press("Enter")
        visit.page.get_by_role("alert").wait_for()
        visit.page.get_by_label("Key").fill(ADMIN_KEY)
        visit.page.keyboard.press("Enter")
        visit.page.wait_for_selector(".hits")
        assert SECRET in visit.page.locator(".hits").inner_text()
        assert visit.page.evaluate("document.cookie") == ""
        assert (visit.violations(), visit.overflow()) == ([], 0)
        visit.page.get_by_role("button", name="Sign out").click()
        visit.page.get_by_label("Key").wait_for()
        assert [each for each in visit.errors if "401" not in each] == []


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("/?q=a", "/?q=a"),
        ("/runs", "/runs"),
        ("", "/"),
        ("//evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\nb", "/"),
        (" //evil.example", "/"),
    ],
)
def test_who_has_signed_in_stays_here(address: str, own: str):
    assert own_address(address) == own


@given(st.text(max_size=40))
def test_no_address_leads_to_another_host(address: str):
    assert own_address(address).startswith("/")
    assert not own_address(address).startswith(("//", "/\\"))


def test_an_origin_must_be_the_host_that_was_asked():
    def of(**headers: str) -> bool:
        return is_own_form(
            Headers({name.replace("_", "-"): each for name, each in headers.items()})
        )

    assert of(origin="http://127.0.0.1:80", host="127.0.0.1:80")
    assert of(sec_fetch_site="same-origin", host="a")
    assert not of(origin="http://127.0.0.1:81", host="127.0.0.1:80")
    assert not of(origin="http://a", host="a", sec_fetch_site="cross-site")
    assert not of(host="a")
