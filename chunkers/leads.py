"""What leads to the text behind it, and says little without it.

A question and its answer, a caption and its table, an opening line and its list: in any language,
by punctuation, length and kinds of elements.
"""

import re

from vouch.schemas.documents.records import ElementType

_CLOSERS = r"[\s\"'”’»›)\]*_`】」』》〉]*"
_QUESTION = re.compile(rf"(?:[?？؟⁇⁈⸮፧꘏꛷\u037e]|[Ͱ-Ͽἀ-῿];){_CLOSERS}$|[Ա-ֆ]՞")
# "Q:", "Q1.", "Frage 3:" and their kind, whose sentence need not end with a question mark.
_LABEL = re.compile(
    r"\W{0,3}(?:q|f|p|d|v|question|frage|pregunta|pergunta|domanda|vraag|fråga|spørgsmål|spørsmål|"
    r"kysymys|pytanie|otázka|kérdés|întrebare|soru|вопрос|питання|ερώτηση|سؤال|שאלה|प्रश्न|คำถาม|"
    r"câu hỏi|질문|问|問|问题|問題|質問)\s?\d*\s?(?:[:：]|[.)]\s)",
    re.IGNORECASE,
)
_COLON = re.compile(rf"[:：﹕]{_CLOSERS}$")
# "Table 3:", "Abb. 2.1 –", "表 4", "Таблица 5."
_CAPTION = re.compile(r"\W{0,3}[^\W\d_]{1,12}\.?\s?\d+(?:[.\-–]\d+)*\s?(?:[:：.–—-]|\s[^\W\d_]|$)")
_TAIL = 40  # characters, in which a text's last mark is
_LONGEST_CAPTION = 300
_LINES = (ElementType.PARAGRAPH, ElementType.FIGURE)
_OPENED = (ElementType.LIST_ITEM, ElementType.TABLE, ElementType.CODE)
# A line of its own without a full stop, which opens one of these.
_LONGEST_LINE = 100
_LAST_OF_SENTENCE = re.compile(rf"[.!?;,…。！？；，、।۔።။៕។།]{_CLOSERS}$")


def leads(above: str, kind: ElementType, below: str, kind_below: ElementType) -> bool:
    """Return whether an element belongs with the one behind it.

    Never where both would lead: in a list of questions each is on its own.
    """
    if ElementType.TABLE in (kind, kind_below):
        caption = below if kind is ElementType.TABLE else above
        if kind is not kind_below and _is_caption(caption):
            return True
    if kind in (ElementType.TABLE, ElementType.CODE):
        return False
    if is_answered(above, below):
        return True
    # Not before a paragraph: in plain text, lines without a full stop are labels of figures more
    # often than terms, and keeping them with what follows finds 2 % fewer spans (decision 33).
    return kind in _LINES and kind_below in _OPENED and _is_line(above)


def is_answered(above: str, below: str) -> bool:
    """Return whether a text asks or announces, and what is behind it does not do so as well."""
    if _asks(above):
        return not _asks(below)
    return _announces(above) and not _announces(below)


def _asks(text: str) -> bool:
    return _QUESTION.search(text.rstrip()[-_TAIL:]) is not None or _LABEL.match(text) is not None


def _announces(text: str) -> bool:
    return _COLON.search(text.rstrip()[-_TAIL:]) is not None


def _is_caption(text: str) -> bool:
    return len(text) <= _LONGEST_CAPTION and "\n" not in text and _CAPTION.match(text) is not None


def _is_line(text: str) -> bool:
    is_short = len(text) <= _LONGEST_LINE and "\n" not in text
    return is_short and _LAST_OF_SENTENCE.search(text) is None
