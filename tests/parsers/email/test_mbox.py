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
