"""Mailboxes: where a mail begins, and what it is called."""

import pytest

from vouch.parsers.email.mbox import mailbox
from vouch.parsers.registry import parse

ONE = b"From a@x.org Tue Oct  1 12:00:00 2024\nFrom: a@x.org\nTo: b@x.org\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n\nHi\n>From here\n"
TWO = b"From b@x.org Wed Oct  2 12:00:00 2024\nFrom: b@x.org\n\nBye\n\nFrom now on it is 2024.\n"


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_each_mail_is_a_document(newline):
    document = parse((ONE + b"\n" + TWO).replace(b"\n", newline), "a.mbox")
    assert document.text == "- Grüße\n- message-2"
    assert [one.name for one in document.attachments] == ["Grüße.eml", "message-2.eml"]
    first, second = (parse(one.data, one.name) for one in document.attachments)
    assert first.text.endswith("Hi\nFrom here")
    assert second.text.endswith("Bye\n\nFrom now on it is 2024.")


@pytest.mark.parametrize("data", [ONE, ONE[ONE.index(b"\n") + 1 :], b"\n" + ONE + b"\n" + TWO])
def test_a_single_mail_is_no_mailbox(data):
    assert mailbox(data) is None
