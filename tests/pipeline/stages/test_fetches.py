"""Fetches ahead of the parsers: in order, a few at a time, and within bounded memory."""

import threading
from collections.abc import Callable
from concurrent.futures import wait
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tests.pipeline.stages.built_documents import planned
from vouch.pipeline.planning.plan import Planned
from vouch.pipeline.stages import fetches
from vouch.pipeline.stages.fetches import Fetches
from vouch.schemas.documents.records import Fetched
from vouch.schemas.errors import SourceUnavailable


def documents(number: int, size: int | None = 10) -> list[Planned]:
    new = [planned(f"{index}.md") for index in range(number)]
    return [replace(document, item=replace(document.item, size=size)) for document in new]


def workspace(fetch: Callable[[str], bytes]) -> Any:
    """Return what the fetches need of a workspace."""
    return SimpleNamespace(
        sources={"docs": SimpleNamespace(fetch=lambda uri: Fetched(fetch(uri)))},
        timer=SimpleNamespace(measure=lambda *_: nullcontext()),
        sandbox=SimpleNamespace(wait=lambda future: wait([future], timeout=300)),
    )


def test_documents_come_in_order_with_their_bytes():
    ahead = Fetches(workspace(str.encode), documents(30))
    taken = []
    while ahead:
        document, reading = ahead.take()
        ahead.released(len(reading.result().data))
        taken.append((document.item.uri, reading.result().data))
    assert taken == [(f"{number}.md", b"%d.md" % number) for number in range(30)]


@pytest.mark.parametrize("listed", [10, 40_000, None], ids=["too little", "right", "nothing"])
def test_memory_is_bounded_whatever_the_listing_says(monkeypatch, listed: int | None):
    monkeypatch.setattr(fetches, "MAX_FETCHED_MB", 0.1)
    lock, in_memory, most = threading.Lock(), 0, 0

    def fetch(uri: str) -> bytes:
        nonlocal in_memory, most
        with lock:
            in_memory += 40_000
            most = max(most, in_memory)
        return b"x" * 40_000

    ahead = Fetches(workspace(fetch), documents(60, listed))
    while ahead:
        _, reading = ahead.take()
        with lock:
            in_memory -= 40_000
        ahead.released(len(reading.result().data))
    # The limit, and what may be started before its size is known.
    assert most <= 100_000 + 8 * 40_000


def test_documents_that_cannot_be_read_take_no_memory(monkeypatch):
    monkeypatch.setattr(fetches, "MAX_FETCHED_MB", 0.1)

    def fetch(uri: str) -> bytes:
        raise SourceUnavailable(uri)

    ahead = Fetches(workspace(fetch), documents(100, 90_000))
    number = 0
    while ahead:
        _, reading = ahead.take()
        assert isinstance(reading.exception(), SourceUnavailable)
        ahead.released(0)
        number += 1
    assert number == 100


def test_a_document_larger_than_the_memory_for_all_is_fetched_alone(monkeypatch):
    monkeypatch.setattr(fetches, "MAX_FETCHED_MB", 0.1)
    ahead = Fetches(workspace(lambda uri: b"x" * 500_000), documents(3, 500_000))
    while ahead:
        _, reading = ahead.take()
        ahead.released(len(reading.result().data))
