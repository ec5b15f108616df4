"""Decoding: by byte order mark, as UTF-8, by declaration, and by a guess."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vouch.parsers.common.text.clean import clean
from vouch.parsers.common.text.encoding import decode, decode_leniently, is_binary
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected


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


GERMAN = "Der Kran im Hafen hebt täglich fünfzig Container für die Fähre."
POLISH = "Dźwig w porcie podnosi codziennie pięćdziesiąt kontenerów, każdy ważący dwie tony."
TURKISH = "Liman vinci şafaktan önce çalışır; ücret günlük başına kırk beş liradır."
RUSSIAN = "Портовый кран поднимает пятьдесят контейнеров в день."
JAPANESE = "港の新しいクレーンは五月に届きます。"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "cp1252"),
        (GERMAN, "cp850"),
        (GERMAN, "mac-roman"),
        (POLISH, "cp1250"),
        (POLISH, "iso8859-2"),
        (POLISH, "cp852"),
        ("Zavod je objavil šest prostih mest za čistilko in žerjavista.", "iso8859-2"),
        ("A kikötői daru naponta ötven konténert emel; a díj húsz forint, öt fővel.", "cp1250"),
        (TURKISH, "cp1254"),
        (TURKISH, "iso8859-9"),
        ("Uosto kranas šiandien iškėlė penkiasdešimt konteinerių, žvejai grįžo.", "cp1257"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (RUSSIAN, "iso8859-5"),
        (RUSSIAN, "cp866"),
        ("Портовий кран піднімає п'ятдесят контейнерів на день її світлості.", "koi8-u"),
        ("Ο γερανός του λιμανιού σηκώνει πενήντα κιβώτια την ημέρα.", "cp1253"),
        ("המנוף בנמל מרים חמישים מכולות ביום.", "cp1255"),
        ("สวัสดีชาวโลก", "cp874"),
        ("ترفع رافعة الميناء خمسين حاوية في اليوم.", "cp1256"),
        ("เครนที่ท่าเรือยกตู้คอนเทนเนอร์ห้าสิบตู้ต่อวัน", "tis-620"),
        (JAPANESE, "cp932"),
        (JAPANESE, "euc-jp"),
        (JAPANESE, "iso2022_jp"),
        ("港のクレーン", "euc-jp"),
        ("港口的起重机每天吊起五十个集装箱。", "gb18030"),
        ("港口的起重機每天吊起五十個貨櫃。", "big5"),
        ("항구의 크레인은 하루에 컨테이너 오십 개를 들어 올린다.", "euc-kr"),
        ("항구의 크레인", "iso2022_kr"),
        ("港口的起重机\n每天吊起五十个集装箱。\n", "utf-16-le"),
        (GERMAN, "utf-32-be"),
    ],
)
def test_encodings_that_nothing_declares_are_guessed(text: str, encoding: str):
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    "text", ["naïve", "300 €", "“quoted”", "it’s", "5 – 6", "© 2020", "El Niño", "Straße", "25 °C"]
)
def test_a_single_sign_is_read_in_the_most_common_encoding(text: str):
    assert decode(text.encode("cp1252")) == text


def test_letters_between_latin_ones_are_latin():
    text = "Londra è una grande città del Regno Unito."
    assert decode(text.encode("cp1252")) == text


@pytest.mark.parametrize(
    ("text", "encoding", "declared"),
    [
        ("Die Gebühr für den Kran", "utf-8", "us-ascii"),
        ("Die Gebühr für den Kran", "utf-8", "iso-8859-1"),
        ("港口的起重机", "utf-8", "gb2312"),
        (POLISH, "cp1250", "us-ascii"),
        (RUSSIAN, "cp1251", "iso-8859-1"),
        (JAPANESE, "euc-jp", "latin1"),
        ("Die Gebühr — 5 €", "cp1252", "latin1"),
        ("ЖК", "cp1251", "windows-1251"),
        ("ığş", "cp1254", "iso-8859-9"),
        ("㈱港", "cp932", "x-sjis"),
        ("“ท่าเรือ”", "cp874", "tis-620"),
        ("똠방", "cp949", "ks_c_5601-1987"),
        ("zürich", "cp437", "cp437"),
        ("港口", "hz", "hz-gb-2312"),
        ("naïve", "utf-7", "utf-7"),
    ],
)
def test_declarations_mean_what_they_mean_to_browsers_unless_they_are_wrong(
    text: str, encoding: str, declared: str
):
    assert decode(text.encode(encoding), declared) == text


def test_chinese_of_seven_bits_is_read():
    shifted = bytes(byte & 0x7F for byte in "港口".encode("gb2312"))
    assert decode(b"\x1b$)A\x0e" + shifted + b"\x0f Hafen\n") == "港口 Hafen\n"


def test_what_is_beyond_ascii_is_found_anywhere_in_a_large_file():
    data = b"plain words in a row\n" * 60_000 + (POLISH + "\n").encode("cp1250") * 3
    assert decode(data).endswith(POLISH + "\n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "cp932"])
def test_a_file_that_is_cut_within_a_character_is_read(encoding: str):
    data = (JAPANESE * 20 + "\n" + GERMAN * 20).encode(encoding, "ignore")
    assert decode(data[:-1], "cp932").startswith(JAPANESE)


def test_a_few_zero_bytes_make_no_binary_data():
    assert not is_binary("a line of an export\0" + "with words" * 10)
    assert is_binary("\0\1\2" + "word" * 20)


@given(st.binary(max_size=300))
def test_any_bytes_are_decoded_or_rejected(data: bytes):
    text = decode_leniently(data)
    assert not any("\ud800" <= character <= "\udfff" for character in text)


# A zero byte after the mark of UTF-16 makes it that of UTF-32; escape sequences may be those of an
# encoding of seven bits.
UNICODE = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\x1b\ufeff"), max_size=80
)


@given(UNICODE, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_unicode_is_read_as_it_is_written(text: str, encoding: str):
    assert decode(text.encode(encoding)) == text


def test_another_process_guesses_the_same():
    code = (
        "from vouch.parsers.common.text.encoding import decode;"
        f"print(ascii(decode({POLISH.encode('iso8859-2')!r})))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {ascii(POLISH) + "\n"}


def test_a_few_broken_bytes_do_not_change_the_encoding_of_the_rest():
    text = "naïve café " * 50
    assert decode(text.encode() + b"\xff").startswith(text)


def test_bytes_that_are_no_text_are_rejected():
    with pytest.raises(DocumentRejected) as raised:
        decode(bytes(range(256)) * 20)
    assert raised.value.reason == Reason.UNDECODABLE
    assert "\ufffd" in decode_leniently(bytes(range(256)) * 20)


@pytest.mark.parametrize(
    ("text", "encoding", "doubt"),
    [
        ("Příliš žluťoučký kůň úpěl ďábelské ódy a všichni v Praze to slyšeli.", "cp1250", ""),
        ("Kapalıdır, çünkü fırtına geliyor ve ışıklar söndü.", "cp1254", ""),
        ("港の新しいクレーンは五月に届きます。", "euc_jp", ""),
        ("Zürich, Genève", "utf-8", ""),
        ("300 €", "cp1252", ""),
        ("Kdy půjdeš ven?", "iso8859-2", "read as cp1252, which is a guess"),
        ("Ovo je rečenica.", "cp1250", "read as cp1252, which is a guess"),
    ],
)
def test_a_doubtful_encoding_is_in_the_metadata(text: str, encoding: str, doubt: str):
    metadata = parse(text.encode(encoding), "a.txt").metadata
    assert dict(metadata.extra).get("doubtful_encoding", "") == doubt


def test_characters_that_are_lost_are_in_the_metadata():
    data = ("Gebühr für Übung, Größe und Öl. " * 5).encode() + b"\xff and more"
    metadata = parse(data, "a.html").metadata
    doubt = "read as utf-8, which lacks some of its characters (1)"
    assert dict(metadata.extra)["doubtful_encoding"] == doubt


def test_a_text_cut_off_within_a_character_keeps_its_encoding():
    data = "Der Kran für Bergen ist spät: é".encode()[:-1]
    assert decode(data) == "Der Kran für Bergen ist spät: \ufffd"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Quand est né le maire ?", "cp850"),
        ("\x1b[31mERREUR\x1b[0m à côté".replace("\x1b[", "›"), "cp1252"),
    ],
)
def test_signs_that_are_no_part_of_words(text: str, encoding: str):
    """Quotation marks that open are before words; a colour of terminals is no quotation mark."""
    decoded = clean(decode(text.encode(encoding)))
    assert decoded == text.replace("›31m", "").replace("›0m", "")


@pytest.mark.parametrize(
    "text",
    [
        "Новый кран прибудет в мае.",
        "Ο νέος γερανός θα φτάσει τον Μάιο.",
        "ستصل الرافعة الجديدة في مايو.",
        "העגורן החדש יגיע במאי.",
        "เครนใหม่ของท่าเรือจะมาถึง",
        "नया क्रेन मई में आएगा।",
        "港口的新起重机将于五月到达，星期五说。",
        "港の新しいクレーンは五月に届きます。",
        "항구의 새 크레인은 오월에 도착할 것이다.",
        "The crane is late; Größe 5 €",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_encodings_without_a_mark(text: str, encoding: str):
    assert parse(text.encode(encoding), "a.txt").text == text


def test_signs_of_windows_distinguish_its_encodings_from_those_of_iso():
    text = "Nowy dźwig przybędzie w piątek – Łódź żegluje."
    assert decode(text.encode("cp1250")) == text
    assert decode(text.encode("cp1250"), "iso-8859-2") == text
    assert decode(text.replace("–", "-").encode("iso8859-2"), "iso-8859-2") == text.replace(
        "–", "-"
    )
