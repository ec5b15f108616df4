"""Of several forms of a text, the one that says more is read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.binary_files import parse
from tests.parsers.email.mail_writer import bodies, multipart, part
from vouch.parsers.email.alternatives import choose, words_of
from vouch.parsers.email.body import Body
from vouch.schemas.documents.records import LeftOutKind

FERRY = "The ferry leaves at 6:40 from berth C."
DOGS = "Dogs travel free of charge on weekdays."
HTML = f"<html><body><p>{FERRY}</p><p>{DOGS}</p></body></html>"
BOTH = [FERRY, DOGS]


def alternative(*forms: tuple[str, str]) -> bytes:
    return multipart("alternative", *(part(f"{kind}; charset=utf-8", text) for kind, text in forms))


STUBS = [
    "This mail needs an HTML reader.",
    "Your client does not support HTML.",
    "Diese Nachricht kann nur in einem Programm für HTML angezeigt werden.",
    "View in browser: https://example.org/m/1",
    "Для просмотра нужна поддержка HTML.",
    "请使用网页查看",
    ".",
    " \n\n",
    FERRY,  # the first line only
]


@pytest.mark.parametrize("plain", STUBS)
@pytest.mark.parametrize("is_last", [False, True])
def test_plain_text_that_says_less_is_left_out(plain: str, is_last: bool):
    forms = [("text/plain", plain), ("text/html", HTML)]
    data = alternative(*reversed(forms) if is_last else forms)
    assert bodies(data) == BOTH
    left_out = parse(data, "a.eml").left_out
    assert [row.kind for row in left_out] == [LeftOutKind.ALTERNATIVE] * bool(words_of(plain))


@pytest.mark.parametrize(
    "plain",
    [
        f"{FERRY}\n{DOGS}",
        f"> The ferry leaves at 6:40\n> from berth C.\n>\n> {DOGS}",
        f"{FERRY} <https://example.org/ferries/timetable>\n\n{DOGS}\n\nSee you there!",
    ],
)
def test_plain_text_is_read_where_both_say_about_the_same(plain: str):
    shown = " ".join(bodies(alternative(("text/plain", plain), ("text/html", HTML))))
    assert words_of(shown) == words_of(plain)


LONG_STUB = "Your program cannot show this message. " * 5


@pytest.mark.parametrize(
    ("forms", "expected"),
    [
        # Each says what the other lacks, and the plain text is the longer one: both are read.
        ([("text/plain", LONG_STUB), ("text/html", HTML)], [*BOTH, LONG_STUB.strip()]),
        ([("text/plain", FERRY), ("text/html", "<p>Plain text only</p>")], ["Plain text only", FERRY]),
        ([("text/plain", FERRY), ("text/html", "<img src='x.png'>")], [FERRY]),
        ([("text/plain", "👍"), ("text/html", "<p>👍 </p>")], ["👍"]),
        # HTML for clocks, and pages that are programs
        (
            [("text/plain", "Needs HTML"), ("text/x-amp-html", "<p>AMP</p>"), ("text/html", HTML)],
            BOTH,
        ),
        ([("text/plain", " "), ("text/x-amp-html", f"<p>{FERRY}</p>")], [FERRY]),
        ([("text/plain", FERRY), ("text/watch-html", "<p>Ferry 6:40</p>")], [FERRY]),
        # Other forms with fonts and colours
        (
            [("text/plain", "Needs more"), ("text/enriched", "<bold>The</bold> ferry\nat <<6>\n\nx")],
            ["The ferry at <6>\nx"],
        ),
        (
            [("text/plain", "Needs more"), ("text/richtext", "<bold>The</bold> ferry<nl>at<lt>6")],
            ["The ferry\nat<6"],
        ),
        (
            [("text/plain", "Needs more"), ("text/rtf", r"{\rtf1\ansi The f\'e4rry\par at \b six}")],
            ["The färry\nat six"],
        ),
        # Two languages
        ([("text/plain", "Die Fähre um sechs."), ("text/plain", FERRY)], ["Die Fähre um sechs.", FERRY]),
    ],
)  # fmt: skip
def test_which_forms_are_read(forms: list[tuple[str, str]], expected: list[str]):
    assert bodies(alternative(*forms)) == expected


def test_html_in_a_related_part_is_a_form_of_the_text():
    related = part("text/html", HTML, boundary="C") + part("image/png", "x", boundary="C")
    data = multipart(
        "alternative",
        part("text/plain", "Needs HTML"),
        part("multipart/related; boundary=C", related + b"--C--\n"),
    )
    assert bodies(data) == BOTH


@pytest.mark.parametrize(
    "headers", ["Content-Disposition: inline; filename=body.htm\n", "Content-ID: <x>\n"]
)
def test_a_form_of_the_text_that_has_a_name_is_no_file(headers: str):
    html = part('text/html; name="body.htm"', HTML, headers)
    data = multipart("alternative", part("text/plain", "Needs HTML"), html)
    assert bodies(data) == BOTH
    assert parse(data, "a.eml").attachments == ()


def test_html_below_plain_text_that_says_the_same_is_left_out():
    data = multipart("mixed", part("text/plain", FERRY), part("text/html", f"<p>{FERRY}</p>"))
    assert bodies(data) == [FERRY]
    [left_out] = parse(data, "a.eml").left_out
    assert (left_out.kind, left_out.examples) == (LeftOutKind.REPEATED, (FERRY,))


def test_signatures_and_unread_notices_are_counted_by_kind():
    data = multipart("mixed", part("text/plain", f"{FERRY}\n-- \nAna, harbour office"))
    data = data.replace(b"\n\n--B", b"\n\nThis is a message in MIME format.\n--B", 1)
    kinds = {row.kind: row.examples for row in parse(data, "a.eml").left_out}
    assert kinds == {
        LeftOutKind.SIGNATURE: ("Ana, harbour office",),
        LeftOutKind.BOILERPLATE: ("This is a message in MIME format.",),
    }


WORDS = st.lists(st.sampled_from("ferry berth crane pier dog noon".split()), max_size=12)


@settings(max_examples=100)
@given(plain=WORDS, rich=WORDS)
def test_of_two_forms_no_more_than_a_few_words_of_the_html_are_lost(plain, rich):
    html = f"<p>{' '.join(rich)}</p>"
    choice = choose([[Body(" ".join(plain))], [Body(html, is_html=True)]])
    shown = words_of(" ".join(body.text.removeprefix("<p>") for body in choice.bodies))
    html_words = words_of(" ".join(rich))
    assert (html_words - shown).total() * 4 <= html_words.total()
    assert bool(choice.bodies) == bool(plain or rich)
