"""Questions that a document contains together with what answers them: no language model is used."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vouch.schemas.documents.records import Document, Element, ElementType

_QUESTION_MARKS = ("?", "？", "؟")
_LABELLED = re.compile(r"(?:q(?:uestion)?|frage|pregunta)\s*\d*\s*[.:)]\s+", re.IGNORECASE)
_ANSWERED = re.compile(r"(?:a(?:nswer)?|antwort|respuesta|réponse)\s*\d*\s*[.:)]\s+", re.IGNORECASE)
_NUMBER = re.compile(r"^(?:\d+(?:\.\d+)*[.)]?|[IVX]+\.|[a-z]\))\s+")
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+|(?<=[。！？])")
_WORD = re.compile(r"[^\W\d_]{2,}")
_CODE = re.compile(r"[_={}<>\\|`]|\w\(|\w\.\w|://")
_MIN_ANSWER, _MAX_ANSWER = 40, 400  # characters
_MIN_WORDS, _MAX_WORDS, _MAX_QUERY = 3, 14, 150
_WIDE_SCRIPT = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_ANSWERS = (ElementType.PARAGRAPH, ElementType.LIST_ITEM)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question of a document and the passage that answers it.

    `is_question` is whether it is a question in the text, and not a heading that people search for.
    """

    query: str
    answer: str
    is_question: bool


def questions_of(document: Document) -> Iterator[Suggestion]:
    """Yield the questions of a document, in its order.

    They are headings that ask, paragraphs that begin with `Q:`, and other headings of several
    words; the answer is the paragraph below.
    """
    elements = [element for element in document.elements if _text(document, element)]
    for number, element in enumerate(elements[:-1]):
        text = _text(document, element)
        following = elements[number + 1]
        if following.type not in _ANSWERS:
            continue
        asks = text.endswith(_QUESTION_MARKS)
        # What is below the title of a document introduces it; `Step 2: …` is part of a list.
        if element.type is ElementType.TITLE and not asks and (element.level == 1 or ":" in text):
            continue
        if element.type is ElementType.TITLE:
            query = _NUMBER.sub("", text)
        elif element.type is ElementType.PARAGRAPH and _LABELLED.match(text) and asks:
            query = _LABELLED.sub("", text, count=1)
        else:
            continue
        answer = _answer(_ANSWERED.sub("", _text(document, following), count=1))
        if answer and _can_be_asked(query, asks=asks) and not answer.endswith(":"):
            yield Suggestion(query, answer, asks)


def _text(document: Document, element: Element) -> str:
    return document.text[element.char_start : element.char_end].strip()


def _answer(text: str) -> str:
    """Return the first sentences of a paragraph; nothing where they are too short to be found."""
    end = 0
    for sentence in _SENTENCE_END.split(text):
        length = text.index(sentence, end) + len(sentence)
        if length > _MAX_ANSWER:
            break
        end = length
    answer = text[:end].strip()
    return answer if len(answer) >= _MIN_ANSWER else ""


def _can_be_asked(query: str, *, asks: bool) -> bool:
    """Return whether people could search for this: several words, and not a line of code."""
    if len(query) > _MAX_QUERY or "\n" in query or _CODE.search(query):
        return False
    if _WIDE_SCRIPT.search(query):
        return len(query) >= 2 * _MIN_WORDS
    words = _WORD.findall(query)
    is_text = sum(map(len, words)) >= 0.7 * len(query.replace(" ", ""))
    return is_text and (_MIN_WORDS - asks <= len(words)) and len(words) <= _MAX_WORDS
