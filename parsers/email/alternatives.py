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
_MAX_FORMS = 20
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
    if len(alternatives) > _MAX_FORMS:  # nobody writes one text in so many
        return Choice([body for bodies in alternatives for body in bodies])
    texts = [text for text in map(_Text, alternatives) if text.words]
    if not texts:  # signs only, or HTML that cannot be read, which whoever reads it reports
        filled = [form for form in alternatives if not all(body.is_blank for body in form)]
        plain_forms = [form for form in filled if not any(body.is_html for body in form)]
        return Choice([body for form in (plain_forms[:1] or filled[-1:]) for body in form])
    plain = [text for text in texts if not text.is_rich]
    tables = [text for text in texts if text.has_table]
    best = (tables[-1:] or plain[:1] or texts[-1:])[0]
    chosen = [best]
    for text in reversed(texts):
        if text is not best:
            chosen = _with(chosen, text)
    return Choice(
        [body for text in chosen for body in text.bodies],
        [text.shown for text in texts if all(text is not form for form in chosen)],
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
    plain: Counter[str] = Counter()
    for body in bodies:
        shown = shown_text(body.text) if body.is_html and plain else ""
        if shown and says_nothing_new(shown, plain) and not has_data_table(body.text):
            choice.left_out.append(shown)
            continue
        choice.bodies.append(body)
        if not body.is_html:
            plain.update(words_of(body.text))
    return choice


def says_nothing_new(text: str, reference: Counter[str]) -> bool:
    """Return whether about all words of a text are among `reference`."""
    return _lacks_little(words_of(text), reference)


def words_of(text: str) -> Counter[str]:
    """Return the words of a text, without case and the addresses of pages, and how often each is.

    In scripts without spaces each character is one.
    """
    return Counter(_WORD.findall(_URL.sub(" ", text).casefold()))


class _Text:
    """What an alternative shows."""

    def __init__(self, bodies: Sequence[Body]) -> None:
        self.bodies = bodies
        self.shown = "\n\n".join(
            shown_text(body.text) if body.is_html else body.text for body in bodies
        )
        self.words = words_of(self.shown)
        self.is_rich = any(body.is_html or body.is_styled for body in bodies)
        self.has_table = any(body.is_html and has_data_table(body.text) for body in bodies)


def _with(chosen: list[_Text], text: _Text) -> list[_Text]:
    """Return which are read of those chosen so far and one more."""
    read_so_far: Counter[str] = sum((form.words for form in chosen), Counter())
    if _lacks_little(text.words, read_so_far):
        return chosen
    if text.is_rich and not any(form.is_rich for form in chosen):
        new, old = _missing(text.words, read_so_far), _missing(read_so_far, text.words)
        if new * _MORE_SLACK <= text.words.total() and (new - old) * _SLACK <= text.words.total():
            return chosen
        return [text, *chosen] if old > text.words.total() else [text]
    if text.is_rich == chosen[0].is_rich:
        return [text] if _lacks_little(read_so_far, text.words) else [*chosen, text]
    return [*chosen, text] if _missing(text.words, read_so_far) > read_so_far.total() else chosen


def _lacks_little(words: Counter[str], reference: Counter[str]) -> bool:
    return _missing(words, reference) * _SLACK <= words.total()


def _missing(words: Counter[str], reference: Counter[str]) -> int:
    """Return how many words `reference` lacks, in the time of the words, however large it is."""
    return sum(max(0, count - reference[word]) for word, count in words.items())
