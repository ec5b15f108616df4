"""Mailboxes: where a message begins, and what its document is named."""

import pytest

from vouch.parsers.email.mbox import mailbox
from vouch.parsers.registry import parse

FIRST = b"From a@x.org Tue Oct  1 12:00:00 2024\nFrom: a@x.org\nTo: b@x.org\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n\nHi\n>From here\n"
SECOND = b"From b@x.org Wed Oct  2 12:00:00 2024\nFrom: b@x.org\n\nBye\n\nFrom now on it is 2024.\n"


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_each_message_is_a_document(newline):
    document = parse((FIRST + b"\n" + SECOND).replace(b"\n", newline), "a.mbox")
    assert document.text == "- Grüße\n- message-2"
    assert [mail.name for mail in document.attachments] == ["Grüße.eml", "message-2.eml"]
    first, second = (parse(mail.data, mail.name) for mail in document.attachments)
    assert first.text.endswith("Hi\nFrom here")
    assert second.text.endswith("Bye\n\nFrom now on it is 2024.")


@pytest.mark.parametrize(
    "data", [FIRST, FIRST[FIRST.index(b"\n") + 1 :], b"> " + FIRST + b"\n" + SECOND]
)
def test_a_single_message_is_no_mailbox(data):
    assert mailbox(data) is None


def messages(data: bytes) -> list[tuple[str, str]]:
    mails = parse(data, "a.mbox").attachments
    return [
        (mail.name, mail.data.replace(b"\r", b"").split(b"\n\n", 1)[-1].decode().strip())
        for mail in mails
    ]


QUOTED = b"Look:\n\nFrom z@x.org Mon Mar  2 10:00:00 2026\nFrom: z@x.org\nSubject: Old\n\nold\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        # Thunderbird names no sender, and writes a time in two forms.
        (
            b"From - Fri Aug 23 02:32:53 2002\nX-Mozilla-Status: 0001\nSubject: One\n\nHi\n\n"
            b"From - Sat, 24 Aug 2002 02:32:53 GMT\nSubject: Two\n\nBye\n",
            [("One.eml", "Hi"), ("Two.eml", "Bye")],
        ),
        # Google writes the zone before the year, and its own fields first.
        (
            b"From 1@xxx Wed Feb 22 21:19:20 +0000 2023\nX-GM-THRID: 1\nSubject: One\n\nHi\n\n"
            b"From 2@xxx Wed Feb 22 21:19:20 +0000 2023\nX-GM-THRID: 2\nSubject: Two\n\nBye\n",
            [("One.eml", "Hi"), ("Two.eml", "Bye")],
        ),
        # No empty line above a separator, and one above the first
        (
            b"\n" + FIRST.replace(b"Subject", b"X-Subject") + SECOND,
            [("message-1.eml", "Hi\nFrom here"), ("message-2.eml", "Bye\n\nFrom now on it is 2024.")],
        ),
        # A sentence is no separator, even where a colon is in the line below.
        (
            FIRST + b"\nFrom March 2026 on\nNote: closed.\n\n" + SECOND,
            [
                ("Grüße.eml", "Hi\nFrom here\n\nFrom March 2026 on\nNote: closed."),
                ("message-2.eml", "Bye\n\nFrom now on it is 2024."),
            ],
        ),
        # A message that declares its length holds one that nobody has escaped.
        (
            b"From a@x.org Tue Mar  3 10:00:00 2026\nSubject: One\nContent-Length: %d\n\n%s\n"
            % (len(QUOTED), QUOTED)
            + b"From b@x.org Wed Mar  4 10:00:00 2026\nSubject: Two\nContent-Length: 9999\n\nBye\n",
            [("One.eml", QUOTED.decode().strip()), ("Two.eml", "Bye")],
        ),
        # Cut off within a header, and behind a separator
        (FIRST + b"\n" + SECOND[:50], [("Grüße.eml", "Hi\nFrom here"), ("message-2.eml", "From: b@x.or")]),
        (FIRST + b"\n" + SECOND[:38], [("Grüße.eml", "Hi\nFrom here")]),
    ],
)  # fmt: skip
def test_mailboxes_of_other_programs_and_cut_off_ones(data, expected):
    assert messages(data) == expected
