"""Web servers that answer slowly, wrongly or without an end: each costs its own documents."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.hostile_server import GOOD, HostileServer, hostile_server
from tests.pipeline.steps import configure, indexed, run, texts
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected, SourceError, SourceUnavailable
from vouch.schemas.settings.sources import FilesSource
from vouch.sources.base import Source
from vouch.sources.registry import open_source

# The message about a document of that name, and whether it may be read later.
ANSWERS = {
    "silent": ("was not read within 1 s (fetch_timeout_s)", True),
    "dribble": ("was not read within 1 s (fetch_timeout_s)", True),
    "truncated": ("payload", True),
    "broken": ("500", True),
    "garbage": ("could not be read this time", True),
    "circle": ("redirects in a circle, or too often", True),
    "file": ("redirects to file:///etc/passwd, which is no address of the web", True),
    "missing": ("cannot be read", False),
    "inner": ("an address of an inner network", False),
}
NAMES = [f"{name}.txt" for name in ("good", "endless", "bomb", *ANSWERS)]
LEADING_OUT = ["../secret.txt", "%2e%2e/secret.txt"]


@pytest.fixture(scope="module")
def server() -> Iterator[HostileServer]:
    with hostile_server(*NAMES, *LEADING_OUT, "/docs/loop/") as server:
        yield server


def open_server(server: HostileServer, **settings: float) -> Source:
    settings = {"fetch_timeout_s": 60, "max_file_mb": 1, **settings}
    return open_source(FilesSource(name="docs", path=server.url, **settings), Path("/"))


def test_a_page_with_links_is_a_folder_and_nothing_outside_it_is_listed(server: HostileServer):
    listing = open_server(server).list()
    assert listing.complete
    top = {item.uri for item in listing.items if "/" not in item.uri}
    assert top == set(NAMES)
    outside = {filtered.item.uri: filtered.rule for filtered in listing.filtered}
    assert {outside[name] for name in LEADING_OUT} == {Reason.OUTSIDE_ROOT}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_wrong_answer_is_one_sentence_about_one_document(server: HostileServer, name: str):
    message, is_transient = ANSWERS[name]
    hangs = name in ("silent", "dribble")
    source = open_server(server, fetch_timeout_s=1 if hangs else 60)
    with pytest.raises(SourceError) as raised:
        source.fetch(f"{name}.txt")
    assert message in str(raised.value)
    assert f"{name}.txt of source docs" in str(raised.value)
    assert len(str(raised.value)) < 500
    assert raised.value.retryable is is_transient
    assert source.fetch("good.txt").data == GOOD


@pytest.mark.parametrize("name", ["endless.txt", "bomb.txt"])
def test_no_more_is_read_than_the_limit(server: HostileServer, name: str):
    with pytest.raises(DocumentRejected, match="max_file_mb") as raised:
        open_server(server).fetch(name)
    assert raised.value.reason == Reason.TOO_LARGE


def test_a_page_without_links_is_no_proof_that_a_folder_is_empty():
    with hostile_server("good.txt", "/docs/sub/") as server:
        source = open_server(server)
        assert source.list().complete
        server.pages["sub"] = []
        listing = source.list()
        server.pages["docs"] = []
        without_top = source.list()
        with pytest.raises(SourceError, match="there is no folder"):
            open_server(server).list()
    assert not listing.complete
    assert not without_top.complete
    assert [item.uri for item in listing.items] == ["good.txt"]
    assert "no links; an error page looks the same" in listing.problems[0]


def test_a_server_that_is_gone_is_reported_in_a_sentence():
    with hostile_server("good.txt") as server:
        source = open_server(server)
    with pytest.raises(SourceUnavailable, match="cannot be reached this time"):
        source.list()


def test_a_run_publishes_what_a_hostile_server_has_that_is_sound(tmp_path, tiny_model):
    names = ["good.txt", "silent.txt", "endless.txt", "truncated.txt", "broken.txt"]
    with hostile_server(*names) as server:
        limits = {"path": server.url, "fetch_timeout_s": 10, "max_file_mb": 1}
        settings = configure(
            tmp_path,
            tiny_model,
            limits,
            run={"max_attempts": 1},
            contracts={"batch": {"max_quarantine_share": 1.0}},
        )
        run(settings)
        rejects = indexed(settings, "quarantine", "uri", "reason", "next_retry_at")
        assert {row["uri"]: row["reason"] for row in rejects} == {
            "silent.txt": "fetch_failed",
            "truncated.txt": "fetch_failed",
            "broken.txt": "fetch_failed",
            "endless.txt": "too_large",
        }
        retried = {row["uri"] for row in rejects if row["next_retry_at"]}
        assert retried == set(names) - {"good.txt", "endless.txt"}
        assert texts(settings) == {"good.txt": [GOOD.decode()]}
        # The whole server answers nothing but errors now: what is published stays.
        server.names = ["broken.txt"]
        server.pages["docs"] = None
        with pytest.raises(SourceUnavailable, match="cannot be reached this time"):
            run(settings)
        server.pages["docs"] = names
        assert set(texts(settings)) == {"good.txt"}
