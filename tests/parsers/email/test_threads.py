"""Mail threads: new text, older mails under their headings, and signatures."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.binary_files import parse
from vouch.parsers.email.threads import MAX_HEADING, split_thread

HEAD = b"From: A <a@example.com>\nSubject: S\nMIME-Version: 1.0\nContent-Type: text/%s; charset=utf-8\n\n"


def paths(text: str, subtype: str = "plain") -> list[tuple[str, tuple[str, ...]]]:
    """Text of each element of the body, and the headings above it without the subject."""
    document = parse(HEAD % subtype.encode() + text.encode(), "a.eml")
    body = [element for element in document.elements if element.level is None][1:]
    return [
        (document.text[element.char_start : element.char_end], element.heading_path[1:])
        for element in body
    ]


ATTRIBUTIONS = [
    "On Tue, Oct 1, 2024 at 12:34 PM Bob <bob@example.com> wrote:",
    "Am Mo., 30. Sept. 2024 um 09:00 Uhr schrieb Bob <bob@example.com>:",
    "El mar, 1 oct 2024 a las 12:34, Bob (<bob@example.com>) escribió:",
    "Le mar. 1 oct. 2024 à 12:34, Bob <bob@example.com> a écrit :",
    "Il giorno mar 1 ott 2024 alle ore 12:34 Bob <bob@example.com> ha scritto:",
    "Em ter., 1 de out. de 2024 às 12:34, Bob <bob@example.com> escreveu:",
    "Op di 1 okt 2024 om 12:34 schreef Bob <bob@example.com>:",
    "2024/10/1 Bob <bob@example.com>:",
    "вт, 1 окт. 2024 г. в 12:34, Bob <bob@example.com> написал:",
    "2024年10月1日(火) 12:34 Bob <bob@example.com>:",
]


@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_an_attribution_is_the_heading_of_the_quoted_mail(line):
    assert paths(f"New.\n\n{line}\n\n> Old.\n>\n> Older.\n") == [
        ("New.", ()),
        ("Old.", (line,)),
        ("Older.", (line,)),
    ]


@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_an_attribution_may_be_wrapped(line):
    first, second = line[: line.rindex(" ")], line[line.rindex(" ") + 1 :]
    assert paths(f"New.\n\n{first}\n{second}\n> Old.\n") == [("New.", ()), ("Old.", (line,))]


HEADERS = [
    "From: Bob\nSent: Tuesday, October 1, 2024 12:00\nTo: Ann\nSubject: Plan",
    "*From:* Bob\n*Date:* Tue\n*To:* Ann\n*Subject:* Plan",
    "Von: Bob\nGesendet: Dienstag, 1. Oktober 2024 12:00\nAn: Ann\nBetreff: AW: Plan",
    "De : Bob\nEnvoyé : mardi 1 octobre 2024\nÀ : Ann\nObjet : Plan",
    "De: Bob\nEnviado el: martes, 1 de octubre\nPara: Ann\nAsunto: Plan",
    "Da: Bob\nInviato: martedì\nA: Ann\nOggetto: Plan",
    "发件人: Bob\n发送时间: 2024年10月1日\n收件人: Ann\n主题: Plan",
]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("rule", ["", "________________________________\n"])
def test_the_header_of_an_older_mail_is_its_heading(header, rule):
    heading = " ".join(header.replace("*", "").split())
    assert paths(f"New.\n\n{rule}{header}\n\nOld.\n") == [("New.", ()), ("Old.", (heading,))]


@pytest.mark.parametrize(
    ("separator", "words"),
    [
        ("-----Original Message-----", "Original Message"),
        ("-----Ursprüngliche Nachricht-----", "Ursprüngliche Nachricht"),
        ("---------- Forwarded message ---------", "Forwarded message"),
        ("Begin forwarded message:", "Begin forwarded message"),
    ],
)
def test_a_separator_is_a_part_of_the_heading(separator, words):
    assert paths(f"New.\n{separator}\n\nFrom: Bob\nDate: Tue\nSubject: X\nTo: Ann\n\nOld.") == [
        ("New.", ()),
        ("Old.", (f"{words} From: Bob Date: Tue Subject: X To: Ann",)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "From: Berlin\nTo: Paris\nDate: 3 May",
        "On 3 topics we wrote much: see below.",
        "On some day Bob wrote:",
        "Name: x\nFrom: y",
        "> quoted by nobody",
    ],
)
def test_lines_that_resemble_a_quoted_mail_stay_text(text):
    assert paths(f"Hello.\n\n{text}\n\nBye.") == [("Hello.", ()), (text, ()), ("Bye.", ())]


def test_answers_between_quoted_lines_stay_with_them():
    text = "On 1/2/24 Bob wrote:\n> When?\nNow.\n> Where?\nHere."
    assert paths(text) == [(text, ())]


def test_a_thread_of_three_mails():
    text = "Third.\n\nOn 3 May 2024 Bob <b@x.org> wrote:\n> Second.\n>\n> -- \n> Bob\n>\n> On 2 May 2024 Ann <a@x.org> wrote:\n>> First.\n"
    bob, ann = "On 3 May 2024 Bob <b@x.org> wrote:", "On 2 May 2024 Ann <a@x.org> wrote:"
    assert paths(text) == [
        ("Third.", ()),
        ("Second.", (bob,)),
        ("Bob", (bob,)),
        ("First.", (bob, ann)),
    ]


def test_a_signature_is_a_footer_unless_it_is_long():
    document = parse(HEAD % b"plain" + b"Hello.\n-- \nAnn\nTel. 1\n", "a.eml")
    assert [str(element.type) for element in document.elements][2:] == ["paragraph", "footer"]
    lines = "\n".join(f"line {number}" for number in range(30))
    document = parse(HEAD % b"plain" + f"Hello.\n--\n{lines}".encode(), "a.eml")
    assert "footer" not in [str(element.type) for element in document.elements]


def test_a_header_with_many_recipients_is_a_short_heading():
    people = ", ".join(f"Person {number}" for number in range(100))
    [_, older] = split_thread(f"New.\n\nFrom: Bob\nSent: Tue\nTo: {people}\nSubject: X\n\nOld.")
    assert older.heading == "From: Bob Sent: Tue"
    assert people in older.text


QUOTED = '<div>On Tue, Oct 1, 2024 Bob &lt;<a href="x">b@x.org</a>&gt; wrote:<br></div>'
BOB = "On Tue, Oct 1, 2024 Bob <b@x.org> wrote:"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            f"<p>New</p><div>{QUOTED}<blockquote><p>Old</p></blockquote></div>",
            [("New", ()), ("Old", (BOB,))],
        ),
        (
            f"{QUOTED}<blockquote><p>Why?<div><b>So</b> what</div></blockquote><p>Yes",
            [(BOB, ()), ("> Why?", ()), ("> So what", ()), ("Yes", ())],
        ),
        (
            "<p>New<hr><div><b>From:</b> Bob<br><b>Sent:</b> Tue<br><b>To:</b> Ann<br><b>Subject:</b> X</div><p>Old",
            [("New", ()), ("Old", ("From: Bob Sent: Tue To: Ann Subject: X",))],
        ),
        (
            "<p>See:</p><blockquote>To be</blockquote><p>says he.</p>",
            [("See:", ()), ("To be", ()), ("says he.", ())],
        ),
    ],
)
def test_threads_in_html(html, expected):
    assert paths(html, "html") == expected


LINES = st.sampled_from(
    [
        "On 1 May 2024 Bob wrote:",
        "> a",
        ">> b",
        "",
        "-- ",
        "From: x",
        "Subject: y",
        "Date: z",
        "-----Original Message-----",
        "text",
        "___",
        ">",
    ]
)


@settings(max_examples=50)
@given(st.lists(LINES, max_size=30))
def test_no_word_of_a_thread_is_lost(lines):
    mails = list(split_thread("\n".join(lines)))
    parts = [part or "" for mail in mails for part in (mail.heading, mail.text, mail.signature)]
    assert sorted(words(parts)) == sorted(words(lines))
    assert all(len(mail.heading or "") <= MAX_HEADING + 50 for mail in mails)


def words(lines: list[str]) -> list[str]:
    return re.sub("[>_-]", " ", "\n".join(lines)).split()
