"""Which of a message's alternatives is read: the one that says more.

The plain text beside HTML has no markup to misread, so that it is read where both say about the
same. Often it does not: "this mail needs a reader of HTML", the first lines only, nothing. What the
words of the one are in the other decides, in any language.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from vouch.parsers.email.body import Body
from vouch.parsers.email.html_body import has_data_table, shown_text

_URL = re.compile(r"(?:https?|mailto|cid):\S+")
# Runs of letters and digits; each character by itself of scripts that have no spaces, from Thai on.
_WORD = re.compile(r"[^\W\u0e00-\U0010ffff]+|[^\W\0-\u0dff]")
_SLACK = 10  # one word in so many may be missing where two texts say about the same
_MORE_SLACK = 4  # the same where each lacks words of the other, as newsletters' versions do


@dataclass(slots=True)
class Choice:
    """The bodies that are read, and the shown texts of those that are not."""

    bodies: list[Body] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def choose(alternatives: Sequence[Sequence[Body]]) -> Choice:
    """Choose among the parts of multipart/alternative, or the bodies of an Outlook message.

    Without a difference that is one with a data table, else plain text, else the last. HTML that
    says more than the plain text is read instead of it, or beside it where each says what the other
    lacks and the plain text is the longer one. Of two plain texts both are read unless one holds
    the other, as they may be in two languages.
    """
    texts = [text for text in map(_Text, alternatives) if text.words]
    if not texts:  # HTML that cannot be read is reported by whoever reads it
        unreadable = [
            bodies for bodies in alternatives if not all(body.is_blank for body in bodies)
        ]
        return Choice(list(unreadable[-1]) if unreadable else [])
    plain = [text for text in texts if not text.is_rich]
    tables = [text for text in texts if text.has_table]
    best = (tables[-1:] or plain[:1] or texts[-1:])[0]
    chosen = [best]
    for text in reversed(texts):
        if text is not best:
            chosen = _with(chosen, text)
    return Choice(
        [body for text in chosen for body in text.bodies],
        [text.shown for text in texts if all(text is not other for other in chosen)],
    )


def joined(first: Sequence[Body], second: Sequence[Body]) -> Choice:
    """Return two texts of one message one after the other, without one that the other holds."""
    texts = [text for text in map(_Text, (first, second)) if text.words]
    if len(texts) == 2:
        if _lacks_little(texts[1].words, texts[0].words):
            return Choice(list(first), [texts[1].shown])
        if _lacks_little(texts[0].words, texts[1].words):
            return Choice(list(second), [texts[0].shown])
    return Choice([*first, *second])


def without_repeated_html(bodies: Sequence[Body]) -> Choice:
    """Leave out HTML below a plain text that says the same.

    Some programs send both one after the other instead of as alternatives.
    """
    choice = Choice()
    plain: list[str] = []
    for body in bodies:
        shown = shown_text(body.text) if body.is_html and plain else ""
        if shown and says_nothing_new(shown, plain):
            choice.left_out.append(shown)
            continue
        choice.bodies.append(body)
        if not body.is_html:
            plain.append(body.text)
    return choice


def says_nothing_new(text: str, others: Sequence[str]) -> bool:
    """Return whether other texts have about all words of a text."""
    return _lacks_little(_words(text), _words("\n".join(others)))


class _Text:
    """What an alternative shows."""

    def __init__(self, bodies: Sequence[Body]) -> None:
        self.bodies = bodies
        self.shown = "\n\n".join(
            shown_text(body.text) if body.is_html else body.text for body in bodies
        )
        self.words = _words(self.shown)
        self.is_rich = any(body.is_html or body.is_styled for body in bodies)
        self.has_table = any(body.is_html and has_data_table(body.text) for body in bodies)


def _with(chosen: list[_Text], text: _Text) -> list[_Text]:
    """Return which are read of those chosen so far and one more."""
    said: Counter[str] = sum((other.words for other in chosen), Counter())
    if _lacks_little(text.words, said):
        return chosen
    if text.is_rich and not any(other.is_rich for other in chosen):
        new, old = (text.words - said).total(), (said - text.words).total()
        if new * _MORE_SLACK <= text.words.total() and (new - old) * _SLACK <= text.words.total():
            return chosen
        return [text, *chosen] if old > text.words.total() else [text]
    if text.is_rich == chosen[0].is_rich:
        return [text] if _lacks_little(said, text.words) else [*chosen, text]
    return [*chosen, text] if (text.words - said).total() > said.total() else chosen


def _lacks_little(words: Counter[str], others: Counter[str]) -> bool:
    return (words - others).total() * _SLACK <= words.total()


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(_URL.sub(" ", text).casefold()))
