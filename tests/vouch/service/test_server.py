"""The server: where it listens, what it logs, and how it ends."""

import signal
import socket
import threading
import time

import httpx
import pytest

from tests.command_line import run_command
from tests.vouch.service.running import Service, change, serving

SECRET = "zzqueryword"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_in_good_order(project, number: int) -> None:
    with serving(project) as service:
        assert service.search("leave").status_code == 200
        assert service.end(number) == 0
        assert "Traceback" not in service.logged()
        with pytest.raises(httpx.ConnectError):
            service.search("leave")


def test_requests_in_progress_are_answered_at_the_end(project) -> None:
    with serving(project) as service:
        answers: list[int | str] = []
        ended = threading.Event()

        def ask() -> None:
            while not ended.is_set():
                try:
                    answers.append(service.search("leave", k=50).status_code)
                except httpx.ConnectError:
                    return  # it listens no more
                except httpx.TransportError as error:
                    # A connection that was not accepted yet; no answer has begun.
                    assert isinstance(error, httpx.ReadError | httpx.RemoteProtocolError)
                    return

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        while len(answers) < 20:
            time.sleep(0.01)
        assert service.end() == 0
        ended.set()
        for thread in threads:
            thread.join()
        assert set(answers) == {200}
        assert "Traceback" not in service.logged()


def test_a_port_in_use_is_an_error_in_words(project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        shown = run_command("-c", str(project), "serve", f"--port={port}")
    assert shown.code == 2
    assert str(port) in shown.errors


def test_an_index_that_is_not_there_is_an_error_in_words(project) -> None:
    shown = run_command("-c", str(change(project, index={"path": "nowhere"})), "serve", "--port=0")
    assert shown.code == 5
    assert "vouch ingest" in shown.errors


def test_two_states_are_one_too_many(project) -> None:
    shown = run_command("-c", str(project), "serve", "--run=a", "--candidate=b")
    assert shown.code == 2


def ask_for_a_secret(service: Service) -> None:
    service.search(SECRET, filters=[f"title={SECRET}"])
    service.search(SECRET, mode=SECRET)
    service.get("/v1/search", query=SECRET)
    service.get(f"/{SECRET}", x=SECRET)
    service.get(f"/v1/documents/{SECRET}")
    service.get(f"/v1/runs/{SECRET}")


def test_queries_are_in_no_log(project) -> None:
    with serving(project) as service:
        ask_for_a_secret(service)
        assert service.end() == 0
        assert SECRET not in service.logged()
        lines = service.requests_logged()
        assert [line["status"] for line in lines] == [200, 422, 200, 404, 404, 404]
        assert lines[0]["route"] == "/v1/search"
        assert lines[0]["run"]


def test_queries_are_logged_where_that_is_set(project) -> None:
    with serving(change(project, serve={"log_queries": True})) as service:
        ask_for_a_secret(service)
        assert service.end() == 0
        lines = service.requests_logged()
        assert SECRET in lines[0]["query"]
        assert SECRET in lines[2]["query"]


def test_requests_are_logged(project) -> None:
    with serving(project) as service:
        service.search("leave")
        service.end()
        assert service.requests_logged()
