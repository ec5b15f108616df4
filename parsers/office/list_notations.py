"""Write the number of a list item in one of the notations of Office Open XML (17.18.59)."""

from vouch.parsers.common.text.numerals import roman

_UNITS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
_RUSSIAN = "абвгдежзиклмнопрстуфхцчшщыэюя"
_CHINESE = {
    "chineseCounting", "chineseCountingThousand", "japaneseCounting", "ideographDigital",
    "taiwaneseCounting", "taiwaneseCountingThousand", "koreanCounting",
}  # fmt: skip
_CHINESE_DIGITS = "〇一二三四五六七八九"
_MAX_REPEATS = 10  # of a letter: a count of billions must not make a text of gigabytes


def in_notation(notation: str, count: int) -> str:
    """Return a count in one of Word's notations; in digits where it is none that is known."""
    match notation:
        case "lowerLetter":
            return letters(count)
        case "upperLetter":
            return letters(count).upper()
        case "lowerRoman":
            return roman(count)
        case "upperRoman":
            return roman(count).upper()
        case "decimalZero":
            return f"{count:02}"
        case "numberInDash":
            return f"- {count} -"
        case "ordinal":
            return f"{count}{_ordinal_ending(count)}"
        case "cardinalText" | "ordinalText" if count in range(1, 100):
            words = _in_words(count, is_ordinal=notation == "ordinalText")
            return words[0].upper() + words[1:]
        case "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" if count in range(1, 21):
            return chr(ord("①") + count - 1)
        case "russianLower" | "russianUpper" if count in range(1, len(_RUSSIAN) + 1):
            letter = _RUSSIAN[count - 1]
            return letter.upper() if notation == "russianUpper" else letter
        case name if name in _CHINESE and count in range(1, 100):
            return _chinese(count)
        case "bullet" | "none":
            return ""
        case _:  # other scripts are counted in digits
            return str(count)


def letters(count: int) -> str:
    """Return a count from 1 in letters as Word does: a to z, then aa to zz."""
    if count <= 0:
        return "0"
    return chr(ord("a") + (count - 1) % 26) * min((count - 1) // 26 + 1, _MAX_REPEATS)


def _ordinal_ending(count: int) -> str:
    if count % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")


def _in_words(count: int, *, is_ordinal: bool) -> str:
    """Return a count from 1 to 99 in English words."""
    tens, units = divmod(count, 10)
    words = [_UNITS[count - 1]] if count < 20 else [_TENS[tens - 2], *_UNITS[units - 1 : units]]
    if is_ordinal:
        last = words[-1]
        ending = f"{last[:-1]}ie" if last.endswith("y") else last
        words[-1] = _ORDINALS.get(last, f"{ending}th")
    return "-".join(words)


def _chinese(count: int) -> str:
    """Return a count from 1 to 99 in Chinese figures."""
    tens, units = divmod(count, 10)
    text = "" if not tens else "十" if tens == 1 else f"{_CHINESE_DIGITS[tens]}十"
    return text + (_CHINESE_DIGITS[units] if units or not tens else "")
