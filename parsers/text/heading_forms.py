"""What a heading of plain text looks like: underlined, named, numbered, or in capitals.

A form is judged by a line alone; `headings.py` judges it among the others of a document.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias

from vouch.parsers.common.text.numerals import roman

Number: TypeAlias = tuple[int, ...]

MAX_HEADING = 120  # characters
_MAX_WORDS = 14
_MAX_CAPITAL_WORDS = 9
_MIN_CAPITALS = 4
_FEW_WORDS = 6
_LONG_WORD = 4  # characters: articles and prepositions of titles are shorter

# Ranks, the highest first. The depth of a number is added to its rank.
TITLE, UNDERLINED, UNDERLINED_BELOW, PART, CHAPTER, ARTICLE, NUMBERED = range(7)
CAPITALS = ARTICLE
_PARTS = (
    "part|book|volume|title|teil|buch|titel|partie|livre|titre|tome|parte|libro|título|titolo|"
    "deel|część|часть|книга"
)
_CHAPTERS = (
    "chapter|appendix|annex|schedule|exhibit|attachment|addendum|kapitel|anhang|anlage|chapitre|"
    "annexe|capítulo|anexo|capitolo|allegato|hoofdstuk|bijlage|rozdział|załącznik|bilaga|kapittel|"
    "vedlegg|глава|раздел|приложение"
)
_ARTICLES = (
    "article|section|clause|art\\.|sec\\.|artikel|abschnitt|klausel|artículo|sección|cláusula|"
    "articolo|sezione|clausola|artigo|seção|secção|artykuł|paragraf|afsnit|avsnitt|madde|"
    "статья|параграф|стаття"
)
_ORDINALS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|first|second|third|fourth|"
    "fifth|sixth|seventh|eighth|ninth|tenth"
)
_DESIGNATOR = rf"(?:[ivxlcdm]+|\d+(?:\.\d+)*[a-z]?|[a-z](?:[-.]?\d+)*|{_ORDINALS})"
# What follows a designator: nothing, or a title behind a sign or in capitals.
_NAMED = re.compile(
    rf"(?:(?P<part>{_PARTS})|(?P<chapter>{_CHAPTERS})|(?P<article>{_ARTICLES}))\s+"
    rf"{_DESIGNATOR}(?![\w'’])(?P<title>.*)",
    re.IGNORECASE,
)
_PARAGRAPH_SIGN = re.compile(r"§{1,2}\s*\d+[a-z]?(?![\w])(?P<title>.*)")
_EAST_ASIAN = re.compile(
    r"第\s*[0-9０-９一二三四五六七八九十百千〇零]+\s*"
    r"(?:(?P<part>[编編部篇])|(?P<chapter>[章節节])|(?P<article>[条條款](?:の[0-9０-９一二三四五六七八九十]+|"
    r"之[一二三四五六七八九十])?))(?P<title>[^。．！？；]{0,40})"
    r"|제\s*\d+\s*(?:(?P<part_>[편부])|(?P<chapter_>[장절])|(?P<article_>조(?:의\s*\d+)?))"
    r"(?P<title_>[^.。]{0,40})"
)
_DECIMAL = re.compile(r"(?P<number>\d{1,3}(?:\.\d{1,3})*)(?P<end>\.|\)|:)?\s+(?P<title>\S.*)")
_ROMAN = re.compile(r"(?P<number>[IVXLC]{1,7})(?:\.|\)|\s[-–—])\s+(?P<title>\S.*)")
_LETTER = re.compile(
    r"(?P<number>[A-Z])(?P<below>(?:\.\d{1,3})*)(?:\.|\)|(?<=\d))\s+(?P<title>\S.*)"
)
_CHINESE = re.compile(
    r"(?P<number>[一二三四五六七八九十]{1,3})、\s*(?P<title>[^。．！？；，]{1,30})"
)
_ROMAN_NUMBERS = {roman(value).upper(): value for value in range(1, 100)}
_CHINESE_DIGITS = {digit: value for value, digit in enumerate("一二三四五六七八九", 1)}
# Tables, fillers before page numbers, code, paths, addresses of the web and of mail.
_NO_TITLE = re.compile(r"\S[ \t]{3,}\S|\.{3,}|…|[|{}=<>\\_@;]|://|(?:\. ){3}|^\W+$")
_SENTENCE_END = re.compile(r"[,;:!?。、]$|(?:\w\w|\))\.$")
# What programs write before their messages.
_LOG_LEVEL = re.compile(r"(?:ERROR|WARN(?:ING)?|INFO|DEBUG|TRACE|FATAL|CRITICAL|TODO|FIXME)\b")
_SEPARATED = re.compile(r"\s*(?:[-–—:.)(\[\"“„«']|$)")


@dataclass(frozen=True, slots=True)
class Form:
    """What kind of heading a line may be: its rank, and its number in a series of its kind."""

    rank: int
    series: str = ""  # equal for those that are written alike: `1.`, `I.`, `A.`, in capitals
    number: Number = ()
    # `1 Scope` is a heading in standards, `10 Downing Street` is none: the others decide.
    is_bare: bool = False

    @property
    def is_capital(self) -> bool:
        """Whether it is a heading by its capitals alone."""
        return self.series == "capitals"


def form_of(line: str) -> Form | None:
    """Return the form of a line without white space around it; None where it is no heading."""
    if len(line) > MAX_HEADING or len(line.split()) > _MAX_WORDS or _NO_TITLE.search(line):
        return None
    return _named(line) or _numbered(line) or _in_capitals(line)


def _named(line: str) -> Form | None:
    if match := _EAST_ASIAN.fullmatch(line):
        groups = match.groupdict()
        ranks = (("part", PART), ("chapter", CHAPTER), ("article", ARTICLE))
        rank = next(rank for name, rank in ranks if groups[name] or groups[f"{name}_"])
        return Form(rank)
    match = _NAMED.fullmatch(line) or _PARAGRAPH_SIGN.fullmatch(line)
    if match is None or not _is_title(match["title"], is_separated=True):
        return None
    groups = match.groupdict()
    if groups.get("part"):
        return Form(PART)
    return Form(CHAPTER if groups.get("chapter") else ARTICLE)


def _numbered(line: str) -> Form | None:
    is_bare = False
    if match := _DECIMAL.fullmatch(line):
        number = tuple(map(int, match["number"].split(".")))
        series = "bracket" if match["end"] == ")" else "decimal"
        is_bare = not match["end"] and len(number) == 1
    elif match := _CHINESE.fullmatch(line):
        return Form(NUMBERED, "chinese", (_chinese(match["number"]),))
    elif (match := _ROMAN.fullmatch(line)) and match["number"] in _ROMAN_NUMBERS:
        series, number = "roman", (_ROMAN_NUMBERS[match["number"]],)
    elif match := _LETTER.fullmatch(line):
        below = filter(None, match["below"].split("."))
        series, number = "letter", (ord(match["number"]) - ord("A") + 1, *map(int, below))
    else:
        return None
    return Form(NUMBERED, series, number, is_bare) if _is_title(match["title"]) else None


def _in_capitals(line: str) -> Form | None:
    letters = sum(map(str.isalpha, line))
    if not line.isupper() or letters < _MIN_CAPITALS or letters * 2 < len(line):
        return None
    if len(line.split()) > _MAX_CAPITAL_WORDS or _SENTENCE_END.search(line.removesuffix(":")):
        return None
    if not line[0].isalnum() or _LOG_LEVEL.match(line):
        return None
    return Form(CAPITALS, "capitals")


def _is_title(title: str, *, is_separated: bool = False) -> bool:
    """Return whether what follows a number is a title rather than the rest of a sentence."""
    words = title.strip(" \t-–—:.()[]\"“”„«»'’")
    if not words:
        return is_separated
    if is_separated and not _SEPARATED.match(title) and words[0].islower():
        return False
    starts = words[0]
    if starts.islower() or not (starts.isalpha() or starts.isdigit()):
        return False
    if not any(map(str.isalpha, words)):
        return False
    # A few words, and those of a title in capitals, may end with a full stop: `1. Definitions.`
    long = [word for word in words.split() if len(word) >= _LONG_WORD]
    in_capitals = sum(word[0].isupper() for word in long) >= 0.8 * len(long)
    is_short = len(words.split()) <= _FEW_WORDS or in_capitals
    ending = title.rstrip().removesuffix(".") if is_short else title.rstrip()
    return not _SENTENCE_END.search(ending)


def _chinese(digits: str) -> int:
    tens, ten, units = digits.partition("十")
    if not ten:
        return _CHINESE_DIGITS.get(digits, 0)
    return _CHINESE_DIGITS.get(tens, 1) * 10 + _CHINESE_DIGITS.get(units, 0)
