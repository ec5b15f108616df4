"""RTF in other code pages than Windows-1252: by the document, by the font, by group."""

import pytest

from vouch.parsers.pandoc.rtf_charsets import with_unicode
from vouch.parsers.registry import parse


def hexed(text: str, encoding: str) -> str:
    """Return a text as RTF writes bytes."""
    return "".join(f"\\'{byte:02x}" if byte > 0x7F else chr(byte) for byte in text.encode(encoding))


def font(charset: int, number: int = 0) -> str:
    return rf"{{\f{number}\fnil\fcharset{charset} Arial;}}"


@pytest.mark.parametrize(
    ("text", "encoding", "head"),
    [
        ("Новый кран", "cp1251", r"\ansi\ansicpg1251"),
        ("Новый кран", "cp1251", r"\ansi\ansicpg1252\deff0{\fonttbl" + font(204) + r"}\f0"),
        ("Новый кран", "cp1251", r"\ansi\ansicpg1251\deff0{\fonttbl" + font(0) + r"}\f0"),
        ("Příliš žluťoučký", "cp1250", r"\ansi\ansicpg1250"),
        ("Příliš žluťoučký", "cp1250", r"\ansi\deff0{\fonttbl" + font(238) + "}"),
        ("Ο νέος γερανός", "cp1253", r"\ansi{\fonttbl" + font(161) + r"}\f0"),
        ("ışıklar söndü", "cp1254", r"\ansi{\fonttbl" + font(162) + r"}\f0"),
        ("העגורן החדש", "cp1255", r"\ansi{\fonttbl" + font(177) + r"}\f0"),
        ("เครนใหม่", "cp874", r"\ansi{\fonttbl" + font(222) + r"}\f0"),
        ("港の新しいクレーン", "cp932", r"\ansi\ansicpg932{\fonttbl" + font(128) + r"}\f0"),
        ("港口的新起重机", "gbk", r"\ansi\ansicpg936{\fonttbl" + font(134) + r"}\f0"),
        ("항구의 새 크레인", "cp949", r"\ansi{\fonttbl" + font(129) + r"}\f0"),
        ("Größe “x” 5 €", "cp1252", r"\ansi\ansicpg1252\deff0{\fonttbl" + font(0) + "}"),
    ],
)
def test_letters_are_those_of_the_code_page(text: str, encoding: str, head: str):
    rtf = rf"{{\rtf1{head} {hexed(text, encoding)}\par}}"
    assert parse(rtf.encode("latin-1"), "a.rtf").text == text


def test_fonts_apply_to_their_groups_and_unicode_keeps_its_fallback():
    fonts = rf"{{\fonttbl{font(0)}{font(204, 1)}{font(2, 2)}}}"
    cyrillic = hexed("кран", "cp1251")
    body = rf"caf\'e9 {{\f1 {cyrillic}}} \'e9t\'e9 \f1 {cyrillic} \u1042\'c2\uc2\u1042\'c2\'c2\par"
    rtf = rf"{{\rtf1\ansi\ansicpg1252\deff0{fonts}\f0 {body}}}"
    assert parse(rtf.encode(), "a.rtf").text == "café кран été кран ВВ"


def test_lines_of_the_file_do_not_cut_characters():
    text = "港の新しいクレーン"
    lines = hexed(text, "cp932").replace("\\'", "\r\n\\'")
    rtf = rf"{{\rtf1\ansi\ansicpg932 {lines}\par}}"
    assert parse(rtf.encode(), "a.rtf").text == text


def test_what_pandoc_knows_is_left_to_it():
    rtf = rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fcharset0 Arial;}} \'e9 \u233?\par}"
    assert with_unicode(rtf) == rtf
    assert with_unicode(rb"{\rtf1\ansi\ansicpg99999 \'e9}") == rb"{\rtf1\ansi\ansicpg99999 \'e9}"
