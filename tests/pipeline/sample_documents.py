"""Documents of the tests of whole runs."""

MAIL = (
    b"From: a@example.org\r\nTo: b@example.org\r\nSubject: The lease\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n'
    b"--x\r\nContent-Type: text/plain\r\n\r\n"
    b"Please find the signed lease attached.\r\n"
    b"--x\r\nContent-Type: text/markdown\r\n"
    b'Content-Disposition: attachment; filename="lease.md"\r\n\r\n'
    b"# Lease\n\nThe rent is due on the first day of the month.\r\n--x--\r\n"
)
"""With an attachment, `lease.md`."""

MAIL_WITHOUT_ATTACHMENT = MAIL.split(b"--x\r\nContent-Type: text/markdown")[0] + b"--x--\r\n"

DOCUMENTS: dict[str, str | bytes] = {
    "a.md": "# Alpha\n\nThe first of three texts.",
    "b.md": "# Beta\n\nThe second of three texts.",
    "c.md": "# Gamma\n\nThe third.",
    "data.json": '{"title": "Delta", "text": "the first version"}',
    "mail/lease.eml": MAIL,
    "broken.json": "{",
}
"""Five documents that are published, with one attachment, and one that goes to quarantine."""
