"""What people say of an answer becomes a golden query that the other commands accept."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.command_line import run_command
from tests.pipeline.steps import failed, outcome, write
from tests.vouch.service.conftest import ADMIN_KEY, KEYS, SERVED_KEYS, STAFF_KEY
from tests.vouch.service.pages.asking import HTML, get, hit, span, text_of
from tests.vouch.service.pages.conftest import QUESTION, copied
from tests.vouch.service.running import Service, change, serving
from vouch.validators.retrieval.golden_queries import GoldenQuery, load_golden


@pytest.fixture
def writable(desk: Path, tmp_path: Path) -> Iterator[Service]:
    """A server whose golden queries a test may change."""
    with serving(copied(desk, tmp_path)) as service:
        yield service


def golden(service: Service) -> tuple[GoldenQuery, ...]:
    return load_golden((service.log.parent / "golden.jsonl").read_text())


def send(service: Service, cited: dict[str, Any], **fields: Any) -> httpx.Response:
    """Send the form about a hit, as a page of the service does."""
    own = {**HTML, "Origin": service.url, "Sec-Fetch-Site": "same-origin"}
    sent = {"document": cited["document_id"], **span(cited), "q": QUESTION, "is": "right"}
    sent |= {"passage": cited["text"], **fields}
    with service.client() as client:
        return client.post("/feedback", data=sent, headers=own)


def test_right_and_wrong_answers_become_golden_queries(writable: Service):
    settings = writable.log.parent / "vouch.yaml"
    notice, harvest = hit(writable, "notice", "notice.md"), hit(writable, "harvests", "long.md")
    answer = send(writable, notice, q="When may I leave?", who='Ada, "Countess"')
    assert "Written down" in text_of(answer)
    words = harvest["text"].split("\n")[0]
    assert send(writable, harvest, **{"is": "wrong", "passage": words}).status_code == 200
    better = {
        "is": "wrong",
        "q": "How much notice?",
        "passage": words,
        "better": "notice.md",
        "answer": "In the first half year the notice period is two weeks.",
    }
    assert send(writable, harvest, **better).status_code == 200
    _, right, wrong, both = golden(writable)
    assert (right.query, right.uri, right.answer) == (
        "When may I leave?",
        "notice.md",
        notice["text"],
    )
    assert (right.owner, right.tags) == ("Ada Countess", ("feedback",))
    assert "right answer, said by Ada Countess" in str(right.note)
    assert not wrong.answers
    (forbidden,) = wrong.not_from
    assert (forbidden.source, forbidden.uri, forbidden.answer) == ("docs", "/long.md", words)
    assert (both.uri, both.not_from) == ("notice.md", (forbidden,))
    # The other commands take them.
    shown = run_command("-c", str(settings), "golden", "list")
    assert "When may I leave?" in shown.output
    evaluated = run_command("-c", str(settings), "--json", "evaluate")
    assert evaluated.code == 0
    assert len(json.loads(evaluated.output)["hybrid"]["queries"]) == 3
    # And the next run is tested by them.
    write(settings, "new.md", "# New\n\nA document that joins.")
    record = outcome(change(settings, contracts={}))
    assert record.retrieval is not None
    assert (record.retrieval.queries, record.retrieval.negatives) == (3, 2)
    assert "golden_negative" not in failed(record)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"q": " "}, "write the question"),
        ({"q": "x" * 5000}, "write the question"),
        ({"is": "perhaps"}, "choose whether"),
        ({"passage": ""}, "not in the passage"),
        ({"passage": "Words of somebody else"}, "not in the passage"),
        ({"is": "wrong", "better": "nowhere.md", "answer": "x"}, "no document nowhere.md"),
        ({"is": "wrong", "better": "notice.md", "answer": "not in it"}, "is not in it"),
        ({"is": "wrong", "better": "notice.md"}, "missing"),
        ({"is": "wrong", "answer": "x" * 30_000}, "too long"),
    ],
)
def test_a_mistake_writes_nothing_and_keeps_what_was_filled_in(
    served: Service, fields: dict[str, str], message: str
):
    before = golden(served)
    answer = send(served, hit(served, "notice", "notice.md"), who="Ada", **fields)
    assert answer.status_code == 422
    assert message in text_of(answer)
    assert 'value="Ada"' in answer.text
    assert golden(served) == before


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"document": "0123456789abcdef"}, 404),
        ({"start": "5", "end": "99999999"}, 422),
        ({"start": "five"}, 422),
    ],
)
def test_what_is_not_there_cannot_be_judged(served: Service, fields: dict[str, str], status: int):
    before = golden(served)
    answer = send(served, hit(served, "notice", "notice.md"), **fields)
    assert answer.status_code == status
    assert golden(served) == before


def test_the_same_answer_is_written_once(writable: Service):
    notice = hit(writable, "notice", "notice.md")
    send(writable, notice)
    answer = send(writable, notice)
    assert (answer.status_code, "already" in text_of(answer)) == (422, True)
    assert len(golden(writable)) == 2


def test_a_form_of_another_site_writes_nothing(served: Service):
    before = golden(served)
    cited = hit(served, "notice", "notice.md")
    fields = {"document": cited["document_id"], **span(cited), "q": QUESTION, "is": "right"}
    with served.client() as client:
        for headers in ({}, {"Origin": "null"}, {"Origin": "https://attacker.example"}):
            answer = client.post("/feedback", data=fields, headers={**HTML, **headers})
            assert answer.status_code == 403
    assert golden(served) == before


def test_where_no_file_is_named_nothing_is_offered(desk: Path, tmp_path: Path):
    with serving(change(copied(desk, tmp_path), retrieval={})) as service:
        cited = hit(service, "notice", "notice.md")
        assert "Right or wrong?" not in get(service, "/", q="notice").text
        assert send(service, cited).status_code == 403


def test_a_key_writes_in_its_name_and_by_its_profile(desk: Path, tmp_path: Path):
    settings = copied(desk, tmp_path)
    change(settings, serve={"keys": SERVED_KEYS, "feedback": True})
    with serving(settings, environment=KEYS) as service, service.client() as client:
        notice = hit(service, "notice", "notice.md", key=ADMIN_KEY)
        salaries = hit(service, "salary", "salaries.md", key=ADMIN_KEY)
        own = {**HTML, "Origin": service.url, "Sec-Fetch-Site": "same-origin"}
        client.post("/login", data={"key": STAFF_KEY}, headers=own)

        def sent(cited: dict[str, Any], **fields: str) -> int:
            form = {"document": cited["document_id"], **span(cited), "q": "Leave?", "is": "right"}
            form |= {"passage": cited["text"], "who": "somebody else", **fields}
            return client.post("/feedback", data=form, headers=own).status_code

        assert sent(salaries) == 404
        assert sent(notice, **{"is": "wrong", "better": "salaries.md", "answer": "salary"}) == 403
        assert sent(notice) == 200
        written = golden(service)[-1]
        assert (written.owner, written.profile) == ("staff", "members")
        assert "somebody" not in str(written.note)
