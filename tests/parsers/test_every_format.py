"""Every format that can be written here, with any text in it: spans prove, chunks too, twice gives the same, no word is lost."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.parsers.email.msg_writer import WIDE, message, stream
from tests.parsers.hostile import LATIN_WORD, NAUGHTY, PIECES, WORD
from tests.parsers.package_writers import PACKAGE_WRITERS
from tests.parsers.proofs import prove, prove_chunks
from tests.parsers.text_writers import TEXT_WRITERS, Write, raw
from vouch.parsers.common.clean import one_line
from vouch.parsers.email.msg import BODY, SUBJECT, mail_from_storage
from vouch.parsers.email.msg_properties import HEADER_MESSAGE
from vouch.parsers.registry import read
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Document, Reason
from vouch.schemas.settings import ChunkingSettings

WRITERS: dict[str, Write] = {**TEXT_WRITERS, **PACKAGE_WRITERS}
# A process for each document, or a large file for each: fewer of them.
SLOW = ("org", "odt", "epub", "rtf", "pptx")
# Without a way to write any text as itself: what is drawn would be markup, which may well hide a word.
PLAIN_ONLY = ("txt", "py", "org", "eml")
LIMITS = ChunkingSettings(max_tokens=64, heading_tokens=16)
# Any bytes as markup, by the names that make a parser of them.
MARKUP_NAMES = "a.txt a.py a.yaml a.md a.mdx a.rst a.org a.html a.xhtml a.xml a.json a.ndjson a.csv a.tsv a.ipynb a.eml a.rtf a.bin".split()


def outcome(data: bytes, name: str) -> Document | Reason:
    try:
        return read(data, name).document
    except DocumentRejected as rejected:
        return rejected.reason


def checked(data: bytes, name: str, tokenizer) -> Document | Reason:
    """What `data` is read as, twice the same, with all proofs."""
    found = outcome(data, name)
    assert outcome(data, name) == found
    assert found != Reason.PARSER_ERROR
    if isinstance(found, Document):
        prove(found)
        prove_chunks(found, LIMITS, tokenizer)
    return found


def examples(name: str) -> settings:
    most = 3 if name in SLOW else 20
    # Not made smaller when one fails: with a process for each document that takes minutes.
    phases = (Phase.explicit, Phase.generate)
    return settings(
        max_examples=most, derandomize=True, phases=phases, suppress_health_check=list(HealthCheck)
    )


@pytest.mark.parametrize("form", WRITERS)
def test_any_text_in_it_is_read_and_its_words_are_found(form: str, tokenizer):
    word = LATIN_WORD if form == "pdf" else WORD
    plain = st.lists(word, min_size=1, max_size=5).map(" ".join)
    hostile = st.just([]) if form in PLAIN_ONLY else PIECES

    @examples(form)
    @given(before=hostile, words=st.lists(plain, min_size=1, max_size=4), after=hostile)
    def check(before: list[str], words: list[str], after: list[str]) -> None:
        found = checked(WRITERS[form]([*before, *words, *after]), f"a.{form}", tokenizer)
        assert isinstance(found, Document), found
        text = said_in(found, form)
        assert [one for one in words if one_line(one) not in text] == []

    check()


def said_in(document: Document, form: str) -> str:
    """All that a document says on one line; an archive says it in its files."""
    if form == "zip":
        return one_line(
            " ".join(one.data.decode("utf-8", "replace") for one in document.attachments)
        )
    return one_line(document.text)


@pytest.mark.parametrize("name", MARKUP_NAMES)
def test_any_text_as_markup_is_read_or_rejected(name: str, tokenizer):
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
def test_every_naughty_string_at_once(name: str, tokenizer):
    checked(raw(NAUGHTY), name, tokenizer)


@examples("msg")
@given(before=PIECES, words=st.lists(WORD, min_size=1, max_size=5).map(" ".join), after=PIECES)
def test_any_text_in_a_message_of_outlook(
    before: list[str], words: str, after: list[str], tokenizer
):
    def read_mail() -> Document:
        subject, *body = [
            text.replace("\0", "").encode("utf-16-le", "surrogatepass")
            for text in (before[0], "\r\n\r\n".join([words, *after]))
        ]
        return mail_from_storage(
            message(stream(SUBJECT, WIDE, subject), stream(BODY, WIDE, *body)), HEADER_MESSAGE
        ).document()

    found = read_mail()
    assert read_mail() == found
    prove(found)
    prove_chunks(found, LIMITS, tokenizer)
    assert one_line(words) in one_line(found.text)
