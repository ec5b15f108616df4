"""Decoding: by byte order mark, by declaration, as UTF-8, and by a guess."""

import pytest

from vouch.parsers.common.encoding import decode, decode_leniently
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Reason


@pytest.mark.parametrize(
    ("text", "encoding", "declared"),
    [
        ("naïve café — 5 €", "utf-8", None),
        ("naïve café — 5 €", "utf-8-sig", None),
        ("naïve café — 5 €", "utf-16", None),
        ("naïve café — 5 € and some more", "utf-16-le", None),
        ("naïve café — 5 € and some more", "utf-16-be", None),
        ("naïve café", "utf-32", None),
        ("naïve café", "cp1252", None),
        ("über", "latin-1", None),
        ("“quoted” – dashed", "cp1252", None),
        ("“quoted” – dashed", "cp1252", "iso-8859-1"),
        ("שלום עולם", "iso8859-8", "iso-8859-8"),
        ("名前,年齢,住所\n佐藤太郎,30,東京\n髙橋淳,35,名古屋", "cp932", None),
        ("日本語", "euc-jp", "EUC-JP"),
        ("text that lies about its charset: é", "utf-8", "utf-16"),
        ("text of an unknown charset: é", "utf-8", "no-such-charset"),
        ("Привет мир, как дела сегодня? Это проверка.", "cp1251", None),
    ],
)
def test_text_is_decoded_by_mark_declaration_or_guess(
    text: str, encoding: str, declared: str | None
):
    assert decode(text.encode(encoding), declared) == text


def test_a_few_broken_bytes_do_not_change_the_encoding_of_the_rest():
    text = "naïve café " * 50
    assert decode(text.encode() + b"\xff").startswith(text)


def test_bytes_that_are_no_text_are_rejected():
    with pytest.raises(DocumentRejected) as raised:
        decode(bytes(range(256)) * 20)
    assert raised.value.reason == Reason.UNDECODABLE
    assert "\ufffd" in decode_leniently(bytes(range(256)) * 20)
