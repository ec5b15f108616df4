"""Every route, by what OpenAPI says of it."""

import json
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from tests.vouch.service.running import Service, rows_of
from vouch.index.search.index import Index


@pytest.fixture(scope="module")
def description(anybody: Service) -> dict[str, Any]:
    """What /openapi.json says."""
    description: dict[str, Any] = anybody.get("/openapi.json").json()
    return description


def check(description: dict[str, Any], path: str, answer: httpx.Response) -> Any:
    """Return the body of an answer, which is as its route describes it."""
    method = answer.request.method.lower()
    described = description["paths"][path][method]["responses"][str(answer.status_code)]
    (kind,) = described["content"]
    assert answer.headers["content-type"].partition(";")[0] == kind
    schema = {**described["content"][kind]["schema"], "components": description["components"]}
    assert schema.keys() != {"components"}
    Draft202012Validator(schema).validate(answer.json())
    return answer.json()


def first_hit(service: Service) -> dict[str, Any]:
    hits = service.search("parental leave", filters=["title=Leave"]).json()["hits"]
    return dict(hits[0])


def test_a_search_returns_what_the_index_finds(anybody: Service, description, library) -> None:
    answer = anybody.search("parental leave", k=3)
    body = check(description, "/v1/search", answer)
    with Index(library / "data/index") as index:
        hits = index.search("parental leave", k=3)
        assert [hit["chunk_id"] for hit in body["hits"]] == [hit.chunk_id for hit in hits]
        assert [hit["text"] for hit in body["hits"]] == [hit.text for hit in hits]
        assert [hit["citation"] for hit in body["hits"]] == [hit.citation for hit in hits]
        assert body["run_id"] == answer.headers["X-Vouch-Run"] == index.run_id
    assert body["words_only"] is None
    assert body["profile"] is None


def test_the_address_can_say_what_a_body_does(anybody: Service, description) -> None:
    given = {"k": 2, "mode": "text", "breadth": "all", "explain": True}
    by_body = anybody.search("parental leave", filters=["source=docs", "language=en"], **given)
    by_address = anybody.get(
        "/v1/search", query="parental leave", filter=["source=docs", "language=en"], **given
    )
    assert check(description, "/v1/search", by_address) == check(description, "/v1/search", by_body)
    assert by_body.json()["hits"][0]["explanation"]["place"] == 1


def test_a_profile_may_be_named_and_its_values_given(anybody: Service, description) -> None:
    body = check(
        description,
        "/v1/search",
        anybody.search("parental", profile="members", values={"groups": ["staff"]}),
    )
    assert body["profile"] == "members"
    assert {hit["uri"] for hit in body["hits"]} <= {"leave.md", "lunch.md"}
    by_address = anybody.get(
        "/v1/search", query="parental", profile="members", value=["groups=staff", "groups=nobody"]
    )
    assert by_address.json()["hits"] == body["hits"]


def test_metadata_keep_their_types(anybody: Service) -> None:
    assert first_hit(anybody)["fields"]["acl"] == ["staff", "board"]


@pytest.mark.parametrize(
    ("given_body", "says"),
    [
        ({"query": " "}, "the query is empty"),
        ({"query": "x", "filters": ["lingo=en"]}, "lingo"),
        ({"query": "x", "mode": "semantic"}, "mode"),
        ({"query": "x", "breadth": "wide"}, "breadth"),
        ({"query": "x", "k": 0}, "k"),
        ({"query": "x", "k": 101}, "100"),
        ({"query": "x" * 4001}, "4,000"),
        ({"query": "x", "profile": "member"}, "members"),
        ({"query": "x", "unknown": 1}, "unknown"),
        ({"query": 5}, "query"),
        ({"query": "x", "profile": "members", "values": {"group": "staff"}}, "group"),
    ],
)
def test_a_wrong_search_gets_a_sentence(
    anybody: Service, description, given_body, says: str
) -> None:
    with anybody.client() as client:
        body = check(description, "/v1/search", client.post("/v1/search", json=given_body))
    assert (body["status"], body["code"]) == (422, "invalid")
    assert says in body["detail"]


def test_a_profile_without_its_value_gives_no_answer(anybody: Service, description) -> None:
    answer = anybody.search("parental", profile="members")
    assert answer.status_code == 403
    body = check(description, "/v1/search", answer)
    assert body["code"] == "value_missing"
    assert "groups" in body["detail"]


def test_a_document_is_read_part_by_part(anybody: Service, description, library) -> None:
    document_id = first_hit(anybody)["document_id"]
    with Index(library / "data/index") as index:
        stored = index.document(document_id)
    address, start, parts = f"/v1/documents/{document_id}", 0, []
    while start is not None:
        answer = anybody.get(address, start=start, length=7)
        body = check(description, "/v1/documents/{document_id}", answer)
        assert body["char_count"] == len(stored.text)
        parts.append(body["text"])
        start = body["next_start"]
    assert "".join(parts) == stored.text
    assert len(parts) > 1
    whole = anybody.get(address).json()
    assert (whole["text"], whole["next_start"]) == (stored.text, None)
    assert whole["fields"] == {"acl": ["staff", "board"]}
    assert anybody.get(address, length=0).json()["text"] == ""


def test_a_passage_is_read_in_its_context(anybody: Service, description) -> None:
    hit = first_hit(anybody)
    address = f"/v1/documents/{hit['document_id']}/context"
    answer = anybody.get(address, start=hit["char_start"], end=hit["char_end"], around=4)
    body = check(description, "/v1/documents/{document_id}/context", answer)
    assert body["text"] == hit["text"]
    assert len(body["before"]) <= 4
    text = anybody.get(f"/v1/documents/{hit['document_id']}").json()["text"]
    assert body["before"] + body["text"] + body["after"] in text
    wrong = anybody.get(address, start=5, end=5_000_000)
    assert check(description, "/v1/documents/{document_id}/context", wrong)["code"] == "invalid"


def test_a_chunk_is_traced(anybody: Service, description) -> None:
    hit = first_hit(anybody)
    answer = anybody.get(f"/v1/chunks/{hit['chunk_id']}/trace")
    body = check(description, "/v1/chunks/{chunk_id}/trace", answer)
    assert body["chunk"]["text"] == hit["text"]
    assert [each["uri"] for each in body["documents"]] == ["leave.md"]
    assert {proof["holds"] for proof in body["proofs"]} == {True}
    assert body["proved"]


def test_runs_are_listed_and_shown_with_their_checks(anybody: Service, description) -> None:
    runs = check(description, "/v1/runs", anybody.get("/v1/runs"))["runs"]
    assert [run["is_served"] for run in runs] == [True]
    assert runs[0]["published"] == 6
    shown = check(description, "/v1/runs/{run_id}", anybody.get(f"/v1/runs/{runs[0]['id']}"))
    assert shown["checks"]
    assert {check["outcome"] for check in shown["checks"]} >= {"passed"}


def test_profiles_name_what_they_need(anybody: Service, description) -> None:
    profiles = check(description, "/v1/profiles", anybody.get("/v1/profiles"))["profiles"]
    assert {each["name"]: each["parameters"] for each in profiles} == {
        "members": ["groups"],
        "english": [],
    }


def test_names_for_filters_have_types(anybody: Service, description) -> None:
    fields = check(description, "/v1/fields", anybody.get("/v1/fields"))["fields"]
    by_name = {each["name"]: each for each in fields}
    assert "language" in by_name
    assert by_name["acl"]["types"] == ["text"]


def test_health_says_what_is_served(anybody: Service, description) -> None:
    body = check(description, "/health", anybody.get("/health"))
    assert (body["status"], body["ready"], body["serves"]) == ("ok", True, "published")
    assert body["run_id"] == anybody.search("leave").json()["run_id"]


def test_figures_count_by_route_and_status(anybody: Service) -> None:
    def counted() -> float:
        lines = anybody.get("/metrics").text.splitlines()
        name = 'vouch_serve_requests_total{caller="anybody",route="/v1/runs/{run_id}",status="404"}'
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))

    before = counted()
    assert anybody.get("/v1/runs/nothing").status_code == 404
    assert counted() == before + 1
    assert "vouch_serve_request_seconds_bucket" in anybody.get("/metrics").text


@pytest.mark.parametrize(
    "path",
    [
        "/v1/documents/0123456789abcdef0123456789abcdef",
        "/v1/documents/0123456789abcdef0123456789abcdef/context?start=0&end=1",
        "/v1/documents/..%2F..%2Fetc%2Fpasswd",
        "/v1/chunks/0123456789abcdef0123456789abcdef/trace",
        "/v1/chunks/a/trace",
        "/v1/runs/nothing",
        "/nowhere",
        "/docs",
        "/redoc",
        "/v1/search/",
    ],
)
def test_what_is_not_there_is_a_problem(anybody: Service, path: str) -> None:
    answer = anybody.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


def test_an_answer_that_is_there_already_is_not_sent_again(anybody: Service) -> None:
    hit = first_hit(anybody)
    for path in (f"/v1/documents/{hit['document_id']}", f"/v1/chunks/{hit['chunk_id']}/trace"):
        with anybody.client() as client:
            tag = client.get(path).headers["ETag"]
            again = client.get(path, headers={"If-None-Match": f'"other", W/{tag}'})
            assert (again.status_code, again.content) == (304, b"")
            english = client.get(
                path, params={"profile": "english"}, headers={"If-None-Match": tag}
            )
            assert english.status_code == 200


def test_only_what_is_described_is_taken(anybody: Service) -> None:
    with anybody.client() as client:
        for method in ("PUT", "DELETE", "PATCH"):
            answer = client.request(method, "/v1/search")
            assert (answer.status_code, answer.json()["code"]) == (405, "not_allowed")
            assert "POST" in answer.headers["Allow"] or "GET" in answer.headers["Allow"]


def test_no_page_of_another_host_is_named(anybody: Service, description) -> None:
    assert "https://" not in json.dumps(description)


def test_every_route_is_tried_here(description) -> None:
    """A route that is added is added to this module."""
    tried = {
        "/v1/search",
        "/v1/documents/{document_id}",
        "/v1/documents/{document_id}/context",
        "/v1/chunks/{chunk_id}/trace",
        "/v1/runs",
        "/v1/runs/{run_id}",
        "/v1/fields",
        "/v1/profiles",
        "/health",
        "/metrics",
    }
    assert description["paths"].keys() == tried


def test_nothing_is_written_into_the_index(anybody: Service, library) -> None:
    settings = library / "vouch.yaml"
    before = rows_of(settings, "runs", "run_id", "status")
    for path in ("/v1/runs", "/v1/fields", "/v1/profiles"):
        anybody.get(path)
    assert rows_of(settings, "runs", "run_id", "status") == before
