"""A document that hangs, crashes or takes too much memory costs itself alone."""

import multiprocessing
import sys
import threading
from concurrent.futures import Future

import pytest

from tests.workers.worker_probes import HostileParser
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.choices import Engine
from vouch.schemas.settings.chunking import ChunkingSettings
from vouch.schemas.settings.parsing import ParsingSettings
from vouch.workers import forkserver
from vouch.workers.sandbox import Sandbox

GOOD = b"# Fine\n\nThis document is fine."


def sandbox(tokenizer, redactor=None, **settings) -> Sandbox:
    return Sandbox(ParsingSettings(workers=1, **settings), ChunkingSettings(), tokenizer, redactor)


def outcome(box: Sandbox, data: bytes, name: str) -> str:
    """Return the name of the parser, or the reason of the rejection."""
    try:
        return box.result(box.parse(data, name)).read_by
    except DocumentRejected as rejected:
        return rejected.reason


@pytest.mark.parametrize("is_supported", [True, False], ids=["forked", "spawned"])
def test_each_failure_has_its_reason_and_the_next_document_is_parsed(
    tokenizer, monkeypatch, is_supported
):
    if not is_supported:
        monkeypatch.setattr(forkserver, "is_supported", lambda: False)
    # The limit is on the parsing alone, which takes milliseconds unless it hangs.
    with sandbox(tokenizer, HostileParser(), timeout_s=2, memory_mb=1024) as box:
        for word, reason in (
            ("crash", Reason.PARSER_CRASHED),
            ("swell", Reason.PARSER_MEMORY),
            ("raise", Reason.PARSER_ERROR),
            ("recurse", Reason.UNSAFE),
            ("hang", Reason.PARSER_TIMEOUT),
            ("match", Reason.PARSER_TIMEOUT),
        ):
            assert outcome(box, f"please {word}".encode(), "a.txt") == reason
            assert outcome(box, b"please answer", "a.txt") == "text"


@pytest.mark.skipif(sys.platform == "win32", reason="limits time by the clock")
def test_time_is_that_of_the_processor_so_that_a_busy_machine_rejects_nothing(tokenizer):
    """What waits longer than the limit is parsed; what computes for longer is stopped in C code."""
    with sandbox(tokenizer, HostileParser(), timeout_s=3) as box:
        assert outcome(box, b"please wait", "a.txt") == "text"
        # A machine that gives it less than a quarter of a processor stops it by the clock.
        stopped = r"3 s of processor time \(parsing.timeout_s\)|12 s, 4 times parsing.timeout_s"
        with pytest.raises(DocumentRejected, match=stopped):
            box.result(box.parse(b"please match", "a.txt"))
        assert outcome(box, b"please answer", "a.txt") == "text"


@pytest.fixture(scope="module")
def box(tokenizer):
    """A sandbox for the tests that leave its worker as it was."""
    with sandbox(tokenizer) as box:
        yield box


def test_a_document_is_returned_with_its_chunks(box):
    parsed = box.result(box.parse(GOOD, "good.md"))
    assert (parsed.read_by, parsed.media_type) == ("markdown", "text/markdown")
    assert [chunk.text for chunk in parsed.chunks] == ["Fine\n\nThis document is fine."]


def test_the_other_engine_works_within_the_limits_of_a_worker(tokenizer):
    with sandbox(tokenizer, memory_mb=1024) as box:
        engines = {"text/rtf": Engine.UNSTRUCTURED}
        parsed = box.result(box.parse(rb"{\rtf1 The rent is due.}", "a.rtf", None, engines))
        assert (parsed.read_by, parsed.document.text) == ("unstructured", "The rent is due.")
        assert box.result(box.parse(GOOD, "good.md", None, engines)).read_by == "markdown"
    with sandbox(tokenizer, memory_mb=256) as box, pytest.raises(DocumentRejected) as raised:
        box.result(box.parse(b"# Fine " * 2_000_000, "a.md", None, {"*": Engine.UNSTRUCTURED}))
    assert raised.value.reason == Reason.PARSER_MEMORY


def test_a_rejection_has_its_media_type_and_parser(box):
    with pytest.raises(DocumentRejected) as raised:
        box.result(box.parse(b'{"a": ', "a.json"))
    rejected = raised.value
    assert (rejected.reason, rejected.media_type, rejected.parser) == (
        Reason.MALFORMED,
        "application/json",
        "json",
    )


def test_a_thread_that_waits_for_a_document_is_released_when_the_run_ends(tokenizer):
    """Ctrl-C in one thread must not leave another one waiting forever."""
    box = sandbox(tokenizer)
    messages: list[str] = []

    def wait_for_a_document():
        try:
            box.result(Future())
        except RuntimeError as error:
            messages.append(str(error))

    waiting = threading.Thread(target=wait_for_a_document)
    waiting.start()
    with pytest.raises(KeyboardInterrupt), box:
        raise KeyboardInterrupt
    waiting.join()
    assert "the run has ended" in messages[0]


def test_stopped_workers_are_gone_and_start_again_with_the_next_document(tokenizer):
    with sandbox(tokenizer) as box:
        before = set(multiprocessing.active_children())
        assert outcome(box, GOOD, "good.md") == "markdown"
        assert set(multiprocessing.active_children()) - before
        box.stop_workers()
        assert not set(multiprocessing.active_children()) - before
        box.stop_workers()
        assert outcome(box, GOOD, "good.md") == "markdown"
