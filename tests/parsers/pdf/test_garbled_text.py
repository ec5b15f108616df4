"""Garbled text: fonts that declare other characters than they show, and text that only looks so."""

import base64
import random
import string
import uuid
from pathlib import Path

import pytest

from tests.parsers.pdf.pdf_writer import column, pdf, unicode_pdf
from vouch.parsers.base import Hint
from vouch.parsers.common.ocr.tesseract import find_engine
from vouch.parsers.pdf.parser import parse
from vouch.parsers.pdf.text.garbled_text import is_garbled
from vouch.parsers.registry import parse_fingerprint, read
from vouch.schemas.documents.records import Document, ParseConditions, Reason
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.parsing import ParsingSettings

ENGLISH = (
    "The tenant pays the rent on the first day of each month, and the landlord keeps the roof,\n"
    "the walls and the windows in good order, so that the rooms can be lived in all the year\n"
    "round. What is broken by the tenant is repaired by the tenant within thirty days. Either\n"
    "side may end this contract by a letter that is sent three months before the end of a\n"
    "quarter and states from when on it is to end. A letter that comes later counts for the\n"
    "following quarter. The deposit is three times the rent and is kept in an account of its own.\n"
)
# The first articles of the Universal Declaration of Human Rights.
RIGHTS = {
    "German": (
        "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft "
        "und Gewissen begabt und sollen einander im Geiste der Brüderlichkeit begegnen. Jeder hat "
        "Anspruch auf alle in dieser Erklärung verkündeten Rechte und Freiheiten."
    ),
    "Polish": (
        "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni "
        "obdarzeni rozumem i sumieniem i powinni postępować wobec innych w duchu braterstwa."
    ),
    "Vietnamese": (
        "Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền lợi. Mọi con "
        "người đều được tạo hoá ban cho lý trí và lương tâm và cần phải đối xử với nhau trong "
        "tình bằng hữu."
    ),
    "Icelandic": (
        "Hver maður er borinn frjáls og jafn öðrum að virðingu og réttindum. Menn eru gæddir "
        "vitsmunum og samvisku, og ber þeim að breyta bróðurlega hverjum við annan."
    ),
    "Russian": (
        "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены "
        "разумом и совестью и должны поступать в отношении друг друга в духе братства."
    ),
    "Greek": (
        "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα. "
        "Είναι προικισμένοι με λογική και συνείδηση, και οφείλουν να συμπεριφέρονται μεταξύ τους "
        "με πνεύμα αδελφοσύνης."
    ),
    "Arabic": (
        "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق. وقد وهبوا عقلا وضميرا وعليهم أن يعامل "
        "بعضهم بعضا بروح الإخاء."
    ),
    "Hindi": (
        "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है। उन्हें बुद्धि "
        "और अन्तरात्मा की देन प्राप्त है और परस्पर उन्हें भाईचारे के भाव से बर्ताव करना चाहिए।"
    ),
    "Georgian": (
        "ყველა ადამიანი იბადება თავისუფალი და თანასწორი თავისი ღირსებითა და უფლებებით. მათ "
        "მინიჭებული აქვთ გონება და სინდისი."
    ),
    "Thai": (
        "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ ต่างมีเหตุผลและมโนธรรม "
        "และควรปฏิบัติต่อกันด้วยเจตนารมณ์แห่งภราดรภาพ"
    ),
    "Chinese": "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。",
    "Japanese": (
        "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。"
    ),
}
_CHANCE = random.Random(7)


def drawn(alphabet: str, length: int) -> str:
    return "".join(_CHANCE.choice(alphabet) for _ in range(length))


NOT_GARBLED = {
    **{language: " ".join([text] * 3) for language, text in RIGHTS.items()},
    "base64": "\n".join(base64.b64encode(_CHANCE.randbytes(57)).decode() for _ in range(40)),
    "short base64": " ".join(base64.b64encode(_CHANCE.randbytes(6)).decode() for _ in range(200)),
    "uuids": "\n".join(str(uuid.UUID(int=_CHANCE.getrandbits(128))) for _ in range(50)),
    "serial numbers": "\n".join(
        f"{drawn(string.ascii_uppercase, 2)}-{drawn(string.digits, 5)}" for _ in range(150)
    ),
    "keys": "\n".join(
        "-".join(drawn(string.ascii_uppercase, 5) for _ in range(5)) for _ in range(50)
    ),
    "parts": "\n".join(
        f"{number} {drawn(string.ascii_uppercase, 3)}{drawn(string.digits, 4)} "
        f"{_CHANCE.choice(['bolt', 'nut', 'screw', 'washer'])} {number * 7 % 90} pcs EUR 4.20"
        for number in range(60)
    ),
    "figures": "\n".join(
        " ".join(f"{_CHANCE.randrange(10**6) / 100:,}" for _ in range(6)) for _ in range(40)
    ),
    "genes": "\n".join(" ".join(drawn("acgt", 10) for _ in range(6)) for _ in range(40)),
    "formulas": "f(x) = ∑ α_i β^2 + √(x² − y²) ≤ ∞ ∀ε>0 ∃δ: |x−a|<δ ⇒ |f(x)−L|<ε\n" * 15,
    "latex": r"\begin{align} \frac{\partial u}{\partial t} &= \nabla^2 u \\ \end{align}" * 15,
    "code": Path(__file__).read_text("utf-8")[-6000:],
    "placeholders": "AAAA BBBB CCCC DDDD Xxxx xxx xxxxxx " * 50,
    "minified": 'function(e,t,n){var r=n(1);t.a=function(e){return e&&e.m?e["a"]:e}}' * 20,
    "a few words": "qwx zkv plm",
}


def shifted(text: str, by: int = -29) -> str:
    return "".join(
        character if character == "\n" else chr(ord(character) + by) for character in text
    )


def exchanged(text: str) -> str:
    letters = list(string.ascii_lowercase)
    random.Random(3).shuffle(letters)
    exchanged_letters = "".join(letters)
    return text.translate(
        str.maketrans(string.ascii_letters, exchanged_letters + exchanged_letters.upper())
    )


def numbered(text: str, start: int) -> str:
    """Return the text with the number of each glyph, by first use, as its character."""
    codes: dict[str, int] = {}
    return "".join(
        character if character.isspace() else chr(codes.setdefault(character, start + len(codes)))
        for character in text
    )


GARBLED = {
    "shifted by 29": shifted(ENGLISH),
    "shifted, with spaces": "\n".join(
        " ".join(map(shifted, line.split())) for line in ENGLISH.splitlines()
    ),
    "letters exchanged": exchanged(ENGLISH),
    "glyphs by number": numbered(ENGLISH, 0x21),
    "of private use": numbered(ENGLISH, 0xF020),
    "control characters": numbered(ENGLISH, 1).replace("\n", " "),
    "another script": numbered(ENGLISH, 0x1401),
    "replacements": "".join("\ufffd" if letter in "aeinrst" else letter for letter in ENGLISH),
    "glyph numbers in brackets": "".join(
        letter if letter.isspace() else f"(cid:{ord(letter) - 29})" for letter in ENGLISH
    ),
    "Russian, exchanged": " ".join([numbered(RIGHTS["Russian"], 0x430)] * 3),
}


@pytest.mark.parametrize("name", NOT_GARBLED)
def test_text_in_any_language_figures_keys_and_code_are_not_garbled(name: str):
    assert not is_garbled(NOT_GARBLED[name])


@pytest.mark.parametrize("name", GARBLED)
def test_text_of_fonts_with_a_wrong_table_is_garbled(name: str):
    assert is_garbled(GARBLED[name])


def declared(text: str) -> bytes:
    """Return a page of a font that declares these characters; its glyphs show nothing."""
    return unicode_pdf(text.splitlines())


def parsed(data: bytes, **settings: object) -> Document:
    hint = Hint("a.pdf", "application/pdf", ParsingSettings.model_validate(settings))
    return parse(data, hint)


def test_garbled_pages_are_named_and_keep_their_text():
    document = parsed(declared(exchanged(ENGLISH)))
    assert dict(document.metadata.extra)["garbled_pages"] == "1"
    assert exchanged("landlord") in document.text
    assert document.read_by == "pdf_garbled"


def test_a_readable_document_is_read_as_before():
    document = parsed(pdf([column(50, 780, ENGLISH.splitlines())]))
    assert "garbled_pages" not in dict(document.metadata.extra)
    assert document.read_by == "pdf"


def test_garbled_documents_are_quarantined_where_the_settings_say_so():
    settings = ParsingSettings(garbled_text="quarantine")
    with pytest.raises(DocumentRejected, match=r"1 of 1 pages .* \(pages 1\)") as caught:
        read(declared(exchanged(ENGLISH)), "a.pdf", settings=settings)
    assert caught.value.reason == Reason.GARBLED_TEXT
    assert caught.value.parser == "pdf_garbled"
    assert read(pdf([column(50, 780, ENGLISH.splitlines())]), "a.pdf", settings=settings)


def shown_otherwise(text: str) -> bytes:
    """Return a page whose font shows the text and declares the same letters exchanged."""
    data = pdf([column(50, 780, text.splitlines())])
    pairs = "\n".join(
        f"<{ord(letter):02x}> <{ord(exchanged(letter)):04x}>" for letter in string.printable[:95]
    )
    table = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /A def /CMapType 2 "
        "def 1 begincodespacerange <00> <ff> endcodespacerange\n"
        f"95 beginbfchar\n{pairs}\nendbfchar endcmap end end"
    )
    stream = f"\n9 0 obj\n<< /Length {len(table)} >>\nstream\n{table}\nendstream\nendobj\n".encode()
    font = b"/Encoding /WinAnsiEncoding >>"
    # The table of objects no longer fits: readers rebuild it from the objects.
    changed = data.replace(font, b"/Encoding /WinAnsiEncoding /ToUnicode 9 0 R >>")
    return changed.replace(b"xref\n", stream + b"xref\n", 1)


def test_a_font_that_declares_other_letters_than_it_shows_is_garbled():
    document = parsed(shown_otherwise(ENGLISH))
    assert exchanged("landlord") in document.text
    assert document.read_by == "pdf_garbled"


@pytest.mark.skipif(find_engine() is None, reason="tesseract is not installed")
def test_garbled_pages_are_read_as_they_look():
    document = parsed(shown_otherwise(ENGLISH), garbled_text="ocr", ocr_languages=["eng"])
    assert "the landlord keeps the roof" in " ".join(document.text.split())
    extra = dict(document.metadata.extra)
    assert extra.keys().isdisjoint({"garbled_pages", "scanned_pages"})
    assert extra["ocr"].endswith("pages 1")
    assert document.read_by == "pdf_garbled_ocr"


def test_garbled_pages_keep_their_text_where_there_is_no_ocr():
    document = parsed(shown_otherwise(ENGLISH), garbled_text="ocr", ocr="off")
    assert dict(document.metadata.extra)["garbled_pages"] == "1"
    assert document.read_by == "pdf_garbled_ocr"


def test_the_setting_is_in_the_fingerprint_of_documents_with_garbled_pages_only():
    for parser, depends in {
        "pdf": False,
        "pdf_ocr": False,
        "pdf_garbled": True,
        "pdf_garbled_ocr": True,
    }.items():
        before, after = (
            parse_fingerprint(parser, ParseConditions(garbled_text=value))
            for value in ("flag", "ocr")
        )
        assert (before != after) is depends
