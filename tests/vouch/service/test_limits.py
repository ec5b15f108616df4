"""What a caller may send, and how often."""

import threading

import httpx
import pytest

from tests.vouch.service.conftest import ADMIN_KEY, KEYS, SERVED_KEYS, STAFF_KEY
from tests.vouch.service.running import change, serving


def test_requests_beyond_the_rate_are_sent_away_for_a_time(project) -> None:
    keys = [{**SERVED_KEYS[0], "rate_per_minute": 3}, SERVED_KEYS[2]]
    with serving(change(project, serve={"keys": keys}), environment=KEYS) as service:
        answers = [service.search("leave", STAFF_KEY) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        refused = answers[-1]
        assert refused.json()["code"] == "rate_limited"
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        # Another caller, and a look at the health, are not concerned.
        assert service.search("leave", ADMIN_KEY).status_code == 200
        assert service.get("/health", STAFF_KEY).status_code == 200
        figures = service.get("/metrics", ADMIN_KEY).text
        name = 'vouch_serve_requests_total{caller="staff",route="-",status="429"}'
        assert f"{name} 2.0" in figures


def test_settings_bound_queries_answers_and_bodies(project) -> None:
    bounds = {"max_query_chars": 10, "max_k": 2, "max_body_kb": 1}
    with serving(change(project, serve=bounds)) as service:
        assert service.search("x" * 10).status_code == 200
        assert service.search("x" * 11).status_code == 422
        assert service.search("x", k=2).status_code == 200
        assert service.search("x", k=3).status_code == 422
        # What nobody asked for, such as the k of 4 of a profile, is cut instead.
        board = service.search(
            "merger", profile="members", values={"groups": ["board"]}, breadth="all"
        )
        assert len(board.json()["hits"]) == 2
        declared = service.search("x", filters=["y" * 2000])
        assert (declared.status_code, declared.json()["code"]) == (413, "too_large")


def test_a_body_of_unknown_length_is_read_to_the_limit_only(anybody) -> None:
    sent = []

    def endless():
        for _ in range(10_000):
            sent.append(1)
            yield b" " * 1024

    with anybody.client() as client:
        try:
            answer = client.post("/v1/search", content=endless())
            assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        except httpx.TransportError:
            pass  # the connection was closed while this was still sending
    assert len(sent) < 10_000
    assert anybody.search("leave").status_code == 200


def test_a_full_queue_sends_away_and_answers_what_is_in_it(project) -> None:
    with serving(change(project, serve={"parallel": 1, "queue": 0})) as service:
        statuses: list[int] = []

        def ask(number: int) -> None:
            for each in range(10):
                answer = service.search(f"leave {number} {each}", k=50, breadth="all")
                statuses.append(answer.status_code)
                if answer.status_code == 503:
                    assert answer.json()["code"] == "busy"
                    assert int(answer.headers["Retry-After"]) >= 1

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(statuses) == 80
        assert set(statuses) <= {200, 503}
        assert 200 in statuses
        assert service.search("leave").status_code == 200


@pytest.mark.parametrize("parallel", [1, 4])
def test_many_at_a_time_get_what_each_asked_for(project, parallel: int) -> None:
    with serving(change(project, serve={"parallel": parallel})) as service:
        queries = ["parental leave", "salary of the director", "secret merger", "lunch at noon"]
        expected = {query: service.search(query).json()["hits"] for query in queries}
        wrong: list[str] = []

        def ask(query: str) -> None:
            with service.client() as client:
                for _ in range(10):
                    answer = client.post("/v1/search", json={"query": query})
                    if answer.json().get("hits") != expected[query]:
                        wrong.append(answer.text)

        threads = [threading.Thread(target=ask, args=(query,)) for query in queries * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong
