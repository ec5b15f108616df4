"""Parsing contained: what hangs, crashes or swells costs its own document and nobody else's."""

import multiprocessing

import pytest

from tests.parsers.in_worker import Hostile
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Reason
from vouch.schemas.settings import ChunkingSettings, ParsingSettings
from vouch.workers import forkserver as fork_server
from vouch.workers.sandbox import Sandbox

GOOD = b"# Fine\n\nThis document is fine."


def sandbox(tokenizer, **settings) -> Sandbox:
    return Sandbox(ParsingSettings(workers=1, **settings), ChunkingSettings(), tokenizer)


def outcome(box: Sandbox, data: bytes, name: str) -> str:
    try:
        return box.result(box.parse(data, name)).read_by
    except DocumentRejected as rejected:
        return rejected.reason


@pytest.fixture(params=["forked by the server", "spawned"])
def started(request, monkeypatch):
    """As parser processes start here, and where there is no fork server."""
    if request.param == "spawned":
        monkeypatch.setattr(fork_server, "is_supported", lambda: False)


@pytest.mark.usefixtures("started")
def test_every_way_to_go_wrong_is_told_and_the_next_document_is_parsed(tokenizer):
    limits = ParsingSettings(workers=1, timeout_s=4, memory_mb=1024)
    with Sandbox(limits, ChunkingSettings(), tokenizer, Hostile()) as box:
        for word, reason in (
            ("crash", Reason.PARSER_CRASHED),
            ("swell", Reason.PARSER_MEMORY),
            ("raise", Reason.PARSER_ERROR),
            ("recurse", Reason.UNSAFE),
            ("hang", Reason.PARSER_TIMEOUT),
        ):
            assert outcome(box, f"please {word}".encode(), "a.txt") == reason
            assert outcome(box, GOOD, "good.md") == "markdown"


@pytest.fixture(scope="module")
def box(tokenizer):
    """One process for the tests that leave it as it was."""
    with sandbox(tokenizer) as box:
        yield box


def test_a_good_document_comes_back_with_its_chunks(box):
    parsed = box.result(box.parse(GOOD, "good.md"))
    assert parsed.media_type == "text/markdown"
    assert [chunk.text for chunk in parsed.chunks] == ["Fine\n\nThis document is fine."]


def test_a_rejection_keeps_what_is_known(box):
    with pytest.raises(DocumentRejected) as raised:
        box.result(box.parse(b'{"a": ', "a.json"))
    assert (raised.value.reason, raised.value.media_type, raised.value.parser) == (
        Reason.MALFORMED,
        "application/json",
        "json",
    )


def test_who_waits_for_a_document_is_let_go_when_the_run_ends(tokenizer):
    """Ctrl-C in one thread must not leave another one waiting for ever."""
    import threading

    import vouch.workers.sandbox as module

    told: list[BaseException] = []
    with (
        pytest.raises(KeyboardInterrupt),
        Sandbox(ParsingSettings(workers=1), ChunkingSettings(), tokenizer) as sandbox,
    ):  # noqa: PT012
        never: module.Future = module.Future()

        def waits():
            try:
                sandbox.result(never)
            except RuntimeError as error:
                told.append(error)

        waiting = threading.Thread(target=waits)
        waiting.start()
        raise KeyboardInterrupt
    waiting.join(20)
    assert "the run has ended" in str(told[0])


def test_processes_that_rest_are_gone_and_come_back(tokenizer):
    with sandbox(tokenizer) as box:
        before = set(multiprocessing.active_children())
        assert outcome(box, GOOD, "good.md") == "markdown"
        assert set(multiprocessing.active_children()) - before
        box.stop_workers()
        assert not set(multiprocessing.active_children()) - before
        box.stop_workers()
        assert outcome(box, GOOD, "good.md") == "markdown"
