"""What pages say, and what they answer to wrong questions."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from lxml import html

from tests.vouch.service.pages.asking import get, hit, span, text_of
from tests.vouch.service.pages.conftest import BIDI, LEASE, QUESTION, copied
from tests.vouch.service.running import Service, rows_of, serving


def marks(answer: httpx.Response) -> list[str]:
    """Return the marked words of the hits on a page."""
    return [
        mark.text_content() for mark in html.fromstring(answer.text).xpath("//blockquote//mark")
    ]


def rejected_run(service: Service) -> str:
    runs = service.get("/v1/runs").json()["runs"]
    return next(str(run["id"]) for run in runs if run["status"] == "rejected")


# The search


def test_the_words_of_the_question_are_marked_in_the_passage(served: Service):
    answer = get(served, "/", q="three months notice", filters="uri = notice.md")
    assert {"three", "months", "notice"} <= set(marks(answer))
    assert "notice.md" in text_of(answer)


def test_a_hit_has_citation_headings_metadata_and_links(served: Service):
    answer = get(served, "/", q=QUESTION, filters="uri = notice.md")
    shown, links = text_of(answer), html.fromstring(answer.text).xpath("//a/@href")
    assert "headings Leaving" in shown
    assert "year 2024" in shown
    assert "acl staff" in shown
    cited = hit(served, QUESTION, "notice.md")
    assert f"/chunks/{cited['chunk_id']}" in links
    assert any(link.startswith(f"/documents/{cited['document_id']}?start=") for link in links)


def test_nothing_is_an_answer_with_advice(served: Service):
    answer = get(served, "/", q=QUESTION, filters="language = xx")
    assert answer.status_code == 200
    assert "0 passages" in text_of(answer)
    assert "fewer filters" in text_of(answer)


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"filters": "nothing at all"}, "filter"),
        ({"filters": "langage = en"}, "language"),
        ({"k": "many"}, "k"),
        ({"k": "1000"}, "100"),
        ({"mode": "semantic"}, "mode"),
        ({"breadth": "wide"}, "breadth"),
        ({"profile": "nobody"}, "members"),
        ({"profile": "members"}, "groups"),
        ({"profile": "members", "v.group": "staff"}, "group"),
    ],
)
def test_a_mistake_is_explained_beside_the_form_that_has_it(
    served: Service, form: dict[str, str], message: str
):
    answer = get(served, "/", q=QUESTION, **form)
    page = html.fromstring(answer.text)
    (problem,) = page.xpath("//*[@id='problem']")
    assert 400 <= answer.status_code < 500
    assert message in problem.text_content()
    assert page.xpath("//input[@name='q']/@value") == [QUESTION]
    assert form.get("filters", "") == page.xpath("//textarea[@name='filters']")[0].text_content()


def test_a_profile_asks_for_its_values_and_searches_with_them(served: Service):
    form = html.fromstring(get(served, "/", q=QUESTION, profile="members").text)
    assert form.xpath("//input[@name='v.groups']")
    answer = get(served, "/", q="salary", profile="members", **{"v.groups": "staff, board"})
    assert "The salary of the director" in text_of(answer)
    answer = get(served, "/", q="salary", profile="members", **{"v.groups": "staff"})
    assert "The salary of the director" not in text_of(answer)


def test_an_explanation_says_why_a_hit_is_there(served: Service):
    assert "by words rank" in text_of(get(served, "/", q=QUESTION, explain="1"))
    assert "by words rank" not in text_of(get(served, "/", q=QUESTION))


# Documents


def test_exactly_the_cited_span_is_marked(served: Service):
    cited = hit(served, "hostile notice", "hostile.md")
    page = html.fromstring(get(served, f"/documents/{cited['document_id']}", **span(cited)).text)
    (mark,) = page.xpath("//*[@id='cited']")
    shown = cited["text"].replace("\u202e", "⟨U+202E⟩").replace("\u2066", "⟨U+2066⟩")
    shown = shown.replace("\u202c", "⟨U+202C⟩")
    assert mark.text_content() == shown
    assert BIDI[:7] in shown


def test_the_parts_of_a_long_document_are_the_whole_text(served: Service):
    cited = hit(served, "harvests", "long.md")
    address = f"/documents/{cited['document_id']}"
    pages = [html.fromstring(get(served, address, part=part).text) for part in range(1, 6)]
    texts = [page.xpath("//*[@class='canonical']")[0].text_content() for page in pages]
    stored = served.get(f"/v1/documents/{cited['document_id']}").json()
    assert "".join(texts).startswith(stored["text"])
    assert stored["char_count"] == len("".join(texts))
    assert get(served, address, part=6).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/documents/0123456789abcdef",
        "/documents/..%2f..%2fetc",
        "/chunks/0123456789abcdef",
        "/chunks/%27%20or%201=1",
        "/runs/2000",
        "/runs/x/report",
        "/nothing/here",
    ],
)
def test_what_is_not_there_is_explained(served: Service, address: str):
    answer = get(served, address)
    assert answer.status_code == 404
    assert "Back to the search" in text_of(answer)
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "query", ["start=x", "start=-1", "start=1&end=99999999999999", "part=zwei"]
)
def test_a_wrong_number_in_an_address_is_explained(served: Service, query: str):
    cited = hit(served, "rent", "lease.pdf")
    answer = get(served, f"/documents/{cited['document_id']}?{query}")
    assert answer.status_code == 422
    assert "must be a whole number" in text_of(answer)


def test_a_page_of_a_pdf_is_a_picture_with_the_passage_marked(served: Service):
    cited = hit(served, "rent", "lease.pdf")
    address = f"/documents/{cited['document_id']}/pages/1"
    assert "What is cited is marked" in text_of(get(served, address, **span(cited)))
    picture = get(served, f"{address}.png", **span(cited))
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    second = get(served, f"/documents/{cited['document_id']}/pages/2", start=0, end=len(LEASE[0]))
    assert "not marked" in text_of(second)
    assert get(served, f"/documents/{cited['document_id']}/pages/3").status_code == 404


def test_a_text_has_no_pages(served: Service):
    cited = hit(served, "notice", "notice.md")
    answer = get(served, f"/documents/{cited['document_id']}/pages/1")
    assert (answer.status_code, "only pages of PDFs" in text_of(answer)) == (404, True)


# Lineage


def test_every_step_is_proved_where_the_file_is_read(served: Service):
    cited = hit(served, "rent", "lease.pdf")
    shown = text_of(get(served, f"/chunks/{cited['chunk_id']}"))
    assert "Proved within the index" in shown
    assert "not checked file" in shown
    shown = text_of(get(served, f"/chunks/{cited['chunk_id']}", file="1"))
    assert "Every step is proved" in shown
    assert "proved file: sha256" in shown
    assert "proved parse:" in shown
    assert "6 of 6 steps" in shown


@pytest.fixture
def changed(desk: Path, tmp_path: Path) -> Iterator[tuple[Service, Path]]:
    """A server, and the folder of its documents, which a test may change."""
    settings = copied(desk, tmp_path)
    with serving(settings) as service:
        yield service, settings.parent / "documents"


def test_a_file_that_has_changed_is_neither_proved_nor_shown(changed: tuple[Service, Path]):
    service, documents = changed
    cited = hit(service, "rent", "lease.pdf")
    file = documents / "lease.pdf"
    original = file.read_bytes()
    file.write_bytes(original + b"\n% another version")
    sheet = f"/documents/{cited['document_id']}/pages/1"
    assert "has changed since" in text_of(get(service, sheet))
    shown = text_of(get(service, f"/chunks/{cited['chunk_id']}", file="1"))
    assert "The lineage is broken" in shown
    assert "broken file" in shown
    file.unlink()
    assert "cannot be read any more" in text_of(get(service, sheet))
    shown = text_of(get(service, f"/chunks/{cited['chunk_id']}", file="1"))
    assert "could not be read" in shown
    assert str(documents) not in shown
    file.write_bytes(original)
    assert get(service, sheet).status_code == 200


# Runs


def test_runs_and_their_reports(served: Service):
    rejected = rejected_run(served)
    assert {"published", "rejected"} <= set(re.findall(r"\w+", text_of(get(served, "/runs"))))
    page = get(served, f"/runs/{rejected}")
    assert "Report" in text_of(page)
    assert "Data Docs" in text_of(page)
    report = get(served, f"/runs/{rejected}/report")
    assert "sandbox" in report.headers["content-security-policy"]
    assert "script" not in report.headers["content-security-policy"]
    docs = get(served, f"/runs/{rejected}/data-docs/index.html")
    assert docs.status_code == 200
    assert "sandbox" in docs.headers["content-security-policy"]


@pytest.mark.parametrize("name", ["..%2f..%2fvouch.yaml", "x.html", "index.html%00", ".html"])
def test_data_docs_are_their_own_pages_only(served: Service, name: str):
    answer = get(served, f"/runs/{rejected_run(served)}/data-docs/{name}")
    assert answer.status_code == 404


# Two states


def test_published_and_candidate_are_side_by_side(served: Service):
    rejected = rejected_run(served)
    answer = get(served, "/compare", q=QUESTION, right=rejected)
    left, right = html.fromstring(answer.text).xpath("//div[@class='sides']/section")
    assert "notice period is three months" in left.text_content()
    assert "Only the candidate has this text" in right.text_content()
    assert "only here" in right.text_content()
    assert "notice period is three months" not in right.text_content()


def test_lost_golden_queries_are_listed_with_what_they_find(served: Service):
    page = html.fromstring(get(served, "/compare", right=rejected_run(served)).text)
    (golden,) = page.xpath("//section[@aria-labelledby='golden']")
    assert "1 lost" in golden.text_content()
    assert "answer gone" in golden.text_content()
    (link,) = golden.xpath(".//a/@href")
    assert urlencode({"q": QUESTION}) in link


def test_a_state_that_is_not_kept_is_explained(served: Service):
    answer = get(served, "/compare", q=QUESTION, right="20000101T000000-aaaaaa")
    assert answer.status_code == 200
    assert "no run" in text_of(answer)


def test_comparing_changes_nothing_and_leaves_nothing_behind(desk: Path, tmp_path: Path):
    settings = copied(desk, tmp_path)
    before = sorted(
        rows_of(settings, "chunks", "chunk_id", "text"), key=lambda row: row["chunk_id"]
    )
    with serving(settings) as service:
        get(service, "/compare", q=QUESTION, right=rejected_run(service))
        assert service.end() == 0
    after = sorted(rows_of(settings, "chunks", "chunk_id", "text"), key=lambda row: row["chunk_id"])
    assert before == after
    assert list((settings.parent / "data").rglob("vouch-scratch-*")) == []


def test_the_lease_is_the_one_that_the_pictures_are_made_of(served: Service):
    assert LEASE[1] in hit(served, "rent", "lease.pdf")["text"].replace("\n", " ")
