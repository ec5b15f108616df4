"""The known structure as mails that quote an older one."""

import html
from email.message import EmailMessage

from benchmarks.reading.structure_truth import NAME, Section, by_pandoc

WROTE = "On Tue, 3 May 2031 at 12:34, Bob <bob@example.com> wrote:"


def as_html_mail(sections: list[Section]) -> bytes:
    """The story as the HTML body of a mail that quotes an older one, which is the last section's paragraph."""
    plain = [
        Section(one.title, one.level, one.paragraph, one.items, one.header, one.groups, one.code)
        for one in sections
    ]
    page = by_pandoc(plain[:-1], "html").decode()
    quoted = f'<div>{html.escape(WROTE)}<br></div><blockquote type="cite"><p>{sections[-1].paragraph}</p></blockquote>'
    return _mail(page.replace("</body>", f"{quoted}</body>"), "html")


def as_plain_mail(sections: list[Section]) -> bytes:
    """Paragraphs and lists as plain text, and an older mail quoted below."""
    parts = []
    for one in sections[:-1]:
        parts += [one.paragraph, "\n".join(f"- {text}" for text, _ in one.items)]
    return _mail(
        "\n\n".join([*filter(None, parts), f"{WROTE}\n\n> {sections[-1].paragraph}"]), "plain"
    )


def _mail(body: str, kind: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.com", NAME
    message.set_content(body, subtype=kind)
    return bytes(message)
