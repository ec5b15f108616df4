"""Characters of the fonts Symbol and Wingdings, which give letters another meaning.

Word stores them by the number in the font, or as characters of the private-use area from U+F000.
"""

# From 0x20 and from 0xA0, as the vendors of the font map it to Unicode; a space has no meaning.
_SYMBOL_LOW = (
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?"
    "≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_"
    "‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼"
)
_SYMBOL_HIGH = (
    "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵"
    "ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓"
    "◊⟨®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪ ⟩∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭"
)
_SYMBOL = {
    **{0x20 + place: character for place, character in enumerate(_SYMBOL_LOW)},
    **{0xA0 + place: character for place, character in enumerate(_SYMBOL_HIGH)},
}
# Of Wingdings what says something: boxes, ticks, crosses, arrows, telephone and envelope.
_WINGDINGS = {
    0x28: "☎", 0x2A: "✉", 0x4A: "☺", 0x4C: "☹", 0x6F: "☐", 0x78: "☒", 0xA8: "☐", 0xDF: "←",
    0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xE8: "→", 0xF0: "⇨", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒",
    0xFE: "☑",
}  # fmt: skip
_FONTS = {"symbol": _SYMBOL, "wingdings": _WINGDINGS}
_PRIVATE = range(0xF000, 0xF100)


def has_own_letters(font: str | None) -> bool:
    """Return whether a font shows another character for each letter."""
    return (font or "").lower() in _FONTS


def symbol(number: int, font: str | None) -> str:
    """Return the character that a font shows for a number, "" where it is an ornament."""
    place = number - _PRIVATE.start if number in _PRIVATE else number
    if (characters := _FONTS.get((font or "").lower())) is not None:
        return characters.get(place, "")
    return chr(number) if 31 < number < 0xD800 else ""


def symbols(text: str, font: str | None) -> str:
    """Return a text that is written in such a font as it is shown."""
    return "".join(
        character if character.isspace() else symbol(ord(character), font) for character in text
    )
