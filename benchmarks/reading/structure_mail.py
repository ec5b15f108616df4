"""The known structure as mails that quote an older mail."""

import html
from dataclasses import replace
from email.message import EmailMessage

from benchmarks.reading.structure_truth import NAME, Section, by_pandoc

WROTE = "On Tue, 3 May 2031 at 12:34, Bob <bob@example.com> wrote:"


def as_html_mail(sections: list[Section]) -> bytes:
    """Return the story as a mail in HTML; it quotes an older mail, the last section's paragraph."""
    # Mails have no notes and no comments.
    plain = [replace(section, note="", comment="") for section in sections[:-1]]
    page = by_pandoc(plain, "html").decode()
    quoted = (
        f"<div>{html.escape(WROTE)}<br></div>"
        f'<blockquote type="cite"><p>{sections[-1].paragraph}</p></blockquote>'
    )
    return _mail(page.replace("</body>", f"{quoted}</body>"), "html")


def as_plain_mail(sections: list[Section]) -> bytes:
    """Return paragraphs and lists as a mail in plain text that quotes an older mail."""
    parts = []
    for section in sections[:-1]:
        parts += [section.paragraph, "\n".join(f"- {text}" for text, _ in section.items)]
    return _mail(
        "\n\n".join([*filter(None, parts), f"{WROTE}\n\n> {sections[-1].paragraph}"]), "plain"
    )


def _mail(body: str, kind: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.com", NAME
    message.set_content(body, subtype=kind)
    return bytes(message)
