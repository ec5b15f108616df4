"""What becomes of hostile input: a document that is sound, or a rejection that says what is wrong."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from tests.parsers.proofs import prove
from tests.soak.figures import FIGURES, note
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Document, Reason, Tokenizer
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.chunking import ChunkingSettings
from vouch.schemas.settings.parsing import ParsingSettings
from vouch.workers.sandbox import Sandbox

_AHEAD = 8  # files that are being parsed at a time


def outcome(data: bytes, name: str) -> Document | DocumentRejected:
    """Return the document, whose spans hold, or its rejection, which says what is wrong."""
    try:
        document = parse(data, name)
    except DocumentRejected as rejected:
        assert rejected.reason in set(Reason)
        assert rejected.reason != Reason.PARSER_ERROR, rejected.message
        assert rejected.message.strip()
        return rejected
    prove(document)
    return document


def parse_damaged(
    name: str, files: Iterable[bytes], tokenizer: Tokenizer, *, memory_mb: int
) -> None:
    """Parse files as a run does; assert that each is a document or a rejection in words, in time.

    The number of each outcome is noted with the figures of the soak tests.
    """
    settings = ParsingSettings(workers=2, timeout_s=60, memory_mb=memory_mb)
    outcomes: Counter[str] = Counter()
    with Sandbox(settings, ChunkingSettings(), tokenizer) as box:
        for batch in _batches(iter(files)):
            for future in [box.parse(data, name) for data in batch]:
                try:
                    box.result(future)
                    outcomes["documents"] += 1
                except DocumentRejected as rejected:
                    assert rejected.reason in set(Reason)
                    assert rejected.reason != Reason.PARSER_TIMEOUT, rejected.message
                    assert "Traceback" not in rejected.message
                    assert rejected.message.strip()
                    outcomes[rejected.reason] += 1
    note(FIGURES / "mutations.jsonl", mutated=name, **outcomes)


def _batches(files: Iterator[bytes]) -> Iterator[list[bytes]]:
    while batch := list(islice(files, _AHEAD)):
        yield batch
