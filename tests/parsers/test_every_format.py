"""Any text in every format: spans and chunks hold, parsing is deterministic, no word is lost."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.parsers.email.msg_writer import WIDE, message, stream
from tests.parsers.hostile import LATIN_WORD, NAUGHTY, PIECES, WORD
from tests.parsers.package_writers import PACKAGE_WRITERS
from tests.parsers.proofs import prove, prove_chunks
from tests.parsers.text_writers import TEXT_WRITERS, Write, raw
from vouch.parsers.common.text.clean import one_line
from vouch.parsers.email.outlook.mapi_message import BODY, SUBJECT
from vouch.parsers.email.outlook.mapi_properties import HEADER_MESSAGE
from vouch.parsers.email.outlook.msg import mail_from_storage
from vouch.parsers.registry import read
from vouch.schemas.documents.records import Document, Reason
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.chunking import ChunkingSettings

WRITERS: dict[str, Write] = {**TEXT_WRITERS, **PACKAGE_WRITERS}
# Formats that need a process or a large file for each document get fewer of them.
SLOW = ("org", "odt", "epub", "rtf", "pptx")
# Formats without escapes: hostile text would be markup, which may hide a word.
PLAIN_ONLY = ("txt", "py", "org", "eml")
LIMITS = ChunkingSettings(max_tokens=64, heading_tokens=16)
# Names that select a parser for text with arbitrary markup.
MARKUP_NAMES = (
    "a.txt a.py a.yaml a.md a.mdx a.rst a.org a.html a.xhtml a.xml a.json a.ndjson a.csv a.tsv "
    "a.ipynb a.eml a.rtf a.bin"
).split()


def outcome(data: bytes, name: str) -> Document | Reason:
    try:
        return read(data, name).document
    except DocumentRejected as rejected:
        return rejected.reason


def checked(data: bytes, name: str, tokenizer) -> Document | Reason:
    """Return the document or the reason, which is the same twice, after all proofs."""
    result = outcome(data, name)
    assert outcome(data, name) == result
    assert result != Reason.PARSER_ERROR
    if isinstance(result, Document):
        prove(result)
        prove_chunks(result, LIMITS, tokenizer)
    return result


def examples(name: str) -> settings:
    most = 2 if name in SLOW else 10
    # Failing examples are not shrunk: with a process for each document that takes minutes.
    phases = (Phase.explicit, Phase.generate)
    return settings(
        max_examples=most, derandomize=True, phases=phases, suppress_health_check=list(HealthCheck)
    )


@pytest.mark.parametrize("form", WRITERS)
def test_any_text_is_read_and_its_words_are_in_the_document(form: str, tokenizer):
    word = LATIN_WORD if form == "pdf" else WORD
    plain = st.lists(word, min_size=1, max_size=5).map(" ".join)
    hostile = st.just([]) if form in PLAIN_ONLY else PIECES

    @examples(form)
    @given(before=hostile, words=st.lists(plain, min_size=1, max_size=4), after=hostile)
    def check(before: list[str], words: list[str], after: list[str]) -> None:
        document = checked(WRITERS[form]([*before, *words, *after]), f"a.{form}", tokenizer)
        assert isinstance(document, Document), document
        text = whole_text(document, form)
        assert [word for word in words if one_line(word) not in text] == []

    check()


def whole_text(document: Document, form: str) -> str:
    """Return the text of a document on one line; that of an archive is in its files."""
    if form in ("zip", "tar.gz"):
        files = (attachment.data.decode("utf-8", "replace") for attachment in document.attachments)
        return one_line(" ".join(files))
    return one_line(document.text)


@pytest.mark.parametrize("name", MARKUP_NAMES)
def test_text_with_any_markup_is_read_or_rejected(name: str, tokenizer):
    @examples(name[2:])
    @given(
        pieces=PIECES,
        encoding=st.sampled_from(["utf-8", "utf-16", "utf-16-be", "cp1252", "shift_jis"]),
    )
    def check(pieces: list[str], encoding: str) -> None:
        data = (
            raw(pieces) if encoding == "utf-8" else "\n\n".join(pieces).encode(encoding, "ignore")
        )
        checked(b"{\\rtf1 " + data if name == "a.rtf" else data, name, tokenizer)

    check()


@pytest.mark.parametrize("name", MARKUP_NAMES)
def test_all_naughty_strings_at_once(name: str, tokenizer):
    checked(raw(NAUGHTY), name, tokenizer)


@examples("msg")
@given(before=PIECES, words=st.lists(WORD, min_size=1, max_size=5).map(" ".join), after=PIECES)
def test_any_text_in_an_outlook_message(before: list[str], words: str, after: list[str], tokenizer):
    def read_mail() -> Document:
        subject, *body = [
            text.replace("\0", "").encode("utf-16-le", "surrogatepass")
            for text in (before[0], "\r\n\r\n".join([words, *after]))
        ]
        return mail_from_storage(
            message(stream(SUBJECT, WIDE, subject), stream(BODY, WIDE, *body)), HEADER_MESSAGE
        ).document()

    document = read_mail()
    assert read_mail() == document
    prove(document)
    prove_chunks(document, LIMITS, tokenizer)
    assert one_line(words) in one_line(document.text)
