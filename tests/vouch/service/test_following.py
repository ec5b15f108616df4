"""The service follows published states by itself, and no request fails meanwhile."""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.command_line import run_command
from tests.pipeline.steps import outcome, run, tables, write
from tests.vouch.service.running import Service, change, rows_of, serving
from vouch.index.store.run_log import newest_published, published_in_order
from vouch.schemas.runs.record import Status

EAGER = {"max_delete_share": 1.0, "keep_published": 2, "keep_readers_h": 0}
"""Replaced states are deleted as soon as the store allows it."""


def served_run(service: Service) -> str:
    return str(service.get("/health").json()["run_id"])


def newest(settings: Path) -> str:
    record = newest_published(tables(settings))
    assert record is not None
    return record.run_id


def wait_for(service: Service, run_id: str) -> None:
    while served_run(service) != run_id:
        time.sleep(0.05)


@dataclass
class Answers:
    """What threads that keep asking have got: the run of each answer, and every failure."""

    runs: list[list[str]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def in_order(self, settings: Path) -> bool:
        """Return whether no thread has seen an older state after a newer one."""
        order = published_in_order(tables(settings))
        places = [[order.index(run_id) for run_id in seen] for seen in self.runs]
        return all(seen == sorted(seen) for seen in places)


@contextmanager
def asking(service: Service, settings: Path, threads: int = 3) -> Iterator[Answers]:
    """Let threads search and read until the end of the block, without a pause."""
    (row,) = [
        row
        for row in rows_of(settings, "chunks", "uri", "document_id", "chunk_id")
        if row["uri"] == "leave.md"
    ]
    document = f"/v1/documents/{row['document_id']}"
    paths = [
        document,
        f"{document}/context?start=0&end=5",
        f"/v1/chunks/{row['chunk_id']}/trace",
        "/v1/search?query=parental+leave",
        "/v1/search?query=merger&mode=vector&filter=language%3Den",
        "/v1/search?query=lunch&mode=text&profile=members&value=groups%3Dstaff",
        "/v1/runs",
        "/v1/fields",
        "/v1/profiles",
    ]
    answers, ended = Answers(), threading.Event()

    def ask(number: int) -> None:
        seen: list[str] = []
        answers.runs.append(seen)
        with service.client() as client:
            while not ended.is_set():
                for place in range(len(paths)):
                    path = paths[(place + number) % len(paths)]
                    try:
                        answer = client.get(path)
                    except httpx.TransportError as error:
                        answers.failures.append(repr(error))
                        return
                    if answer.status_code == 200:
                        seen.append(answer.json()["run_id"])
                    else:
                        answers.failures.append(f"{path}: {answer.status_code} {answer.text}")

    running = [threading.Thread(target=ask, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    try:
        yield answers
    finally:
        ended.set()
        for thread in running:
            thread.join()


@pytest.fixture
def followed(project: Path) -> Iterator[tuple[Path, Service]]:
    """A project whose old states are deleted at once, and its server."""
    settings = change(project, index=EAGER, serve={"poll_s": 0.2, "rate_per_minute": 0})
    with serving(settings) as service:
        yield settings, service


def test_publishing_rolling_back_and_maintaining_fails_no_request(followed) -> None:
    settings, service = followed
    first = newest(settings)
    with asking(service, settings) as answers:
        for number in range(3):
            write(settings, "news.md", f"# News {number}\n\nThe news of day {number}.")
            published = run(settings).run_id
            wait_for(service, published)
        shown = run_command("-c", str(settings), "rollback", "--no-hold", published)
        assert shown.code == 0, shown.errors
        wait_for(service, newest(settings))
        shown = run_command("-c", str(settings), "maintain", "--runner=local")
        assert shown.code == 0, shown.errors
        wait_for(service, newest(settings))
        write(settings, "news.md", "# News\n\nThe last news.")
        wait_for(service, run(settings).run_id)
    assert not answers.failures, answers.failures[:3]
    assert answers.in_order(settings)
    seen = {run_id for of_thread in answers.runs for run_id in of_thread}
    assert first in seen
    assert len(seen) >= 3
    assert service.get("/health").json()["status"] == "ok"
    assert "Traceback" not in service.logged()


def test_what_is_published_is_searched_and_what_is_removed_is_not(followed) -> None:
    settings, service = followed
    write(settings, "whale.md", "# Whales\n\nThe humpback sings.")
    (settings.parent / "documents" / "lunch.md").unlink()
    wait_for(service, run(settings).run_id)
    assert service.search("humpback", mode="text").json()["hits"][0]["uri"] == "whale.md"
    hits = service.search("lunch at noon", mode="text", breadth="all", k=50).json()["hits"]
    assert "lunch.md" not in {hit["uri"] for hit in hits}


def test_an_approval_is_followed(followed) -> None:
    settings, service = followed
    first = served_run(service)
    change(settings, contracts={"batch": {"min_documents": 50}})
    write(settings, "whale.md", "# Whales\n\nThe humpback sings.")
    record = outcome(settings)
    assert record.status is Status.REJECTED
    with asking(service, settings) as answers:
        assert run_command("-c", str(settings), "approve", "latest", "--why", "fine").code == 0
        wait_for(service, record.run_id)
    assert not answers.failures, answers.failures[:3]
    assert {run_id for seen in answers.runs for run_id in seen} <= {first, record.run_id}
    assert service.search("humpback", mode="text").json()["hits"][0]["uri"] == "whale.md"


def test_repaired_files_are_read_again(followed) -> None:
    settings, service = followed
    write(settings, "whale.md", "# Whales\n\nThe humpback sings.")
    wait_for(service, run(settings).run_id)
    files = sorted((settings.parent / "data/index/chunks.lance/data").rglob("*.lance"))
    files[-1].unlink()
    assert run_command("-c", str(settings), "doctor", "--repair", "--runner=local").code == 0
    wait_for(service, newest(settings))
    for words in ("humpback", "parental leave"):
        assert service.search(words, mode="text").status_code == 200
    assert service.search("humpback", mode="text").json()["hits"][0]["uri"] == "whale.md"


def test_profiles_are_those_of_the_state(followed) -> None:
    settings, service = followed
    change(settings, profiles={"others": {"filters": ["acl in $groups"]}})
    assert len(service.get("/v1/profiles").json()["profiles"]) == 2
    write(settings, "whale.md", "# Whales\n\nThe humpback sings.")
    wait_for(service, run(settings).run_id)
    profiles = service.get("/v1/profiles").json()["profiles"]
    assert [each["name"] for each in profiles] == ["others"]


def test_an_index_that_vanishes_makes_it_degraded_until_it_is_back(followed) -> None:
    settings, service = followed
    index = settings.parent / "data/index"
    shutil.move(index, settings.parent / "elsewhere")
    while service.get("/health").json()["status"] != "degraded":
        time.sleep(0.05)
    health = service.get("/health")
    assert health.status_code == 200
    assert health.json()["run_id"]
    assert str(settings.parent) not in health.text
    # Whatever is in memory is answered; what is not is a sentence without a path.
    answer = service.search("leave")
    assert answer.status_code in (200, 503)
    assert str(settings.parent) not in answer.text
    assert "vouch_serve_degraded 1.0" in service.get("/metrics").text
    shutil.move(settings.parent / "elsewhere", index)
    while service.get("/health").json()["status"] != "ok":
        time.sleep(0.05)
    assert service.search("leave").status_code == 200


def test_a_kept_state_is_served_as_long_as_it_is_named(project) -> None:
    first = newest(project)
    write(project, "whale.md", "# Whales\n\nThe humpback sings.")
    second = run(project).run_id
    with serving(change(project, serve={"poll_s": 0.1}), f"--run={first}") as service:
        health = service.get("/health").json()
        assert (health["run_id"], health["serves"]) == (first, "run")
        assert not service.search("humpback", mode="text").json()["hits"]
        write(project, "wolf.md", "# Wolves\n\nThe wolf howls.")
        third = run(project).run_id
        assert served_run(service) == first
        assert {each["id"] for each in service.get("/v1/runs").json()["runs"]} == {
            first,
            second,
            third,
        }


def test_a_candidate_is_served_and_nothing_is_published(project) -> None:
    first = newest(project)
    change(project, contracts={"batch": {"min_documents": 50}})
    write(project, "whale.md", "# Whales\n\nThe humpback sings.")
    record = outcome(project)
    work = project.parent / "data/work"
    before = {path for path in work.rglob("*") if path.is_dir()}
    with serving(project, "--candidate=latest") as service:
        health = service.get("/health").json()
        assert (health["run_id"], health["serves"]) == (record.run_id, "candidate")
        (hit,) = service.search("humpback", mode="text").json()["hits"]
        assert hit["uri"] == "whale.md"
        assert service.get(f"/v1/documents/{hit['document_id']}").status_code == 200
        assert service.get(f"/v1/chunks/{hit['chunk_id']}/trace").status_code == 200
        assert service.end() == 0
    assert newest(project) == first
    # Its private copy is gone with it.
    assert {path for path in work.rglob("*") if path.is_dir()} == before


def test_a_state_that_is_not_kept_is_refused(project) -> None:
    for option in ("--run=20000101T000000", "--candidate=20000101T000000", "--candidate=latest"):
        shown = run_command("-c", str(project), "serve", "--port=0", option)
        assert shown.code == 5, shown.errors
        assert "Traceback" not in shown.errors
