"""The body of an Outlook message that is kept as RTF: the HTML in it, else its text.

Outlook writes HTML as RTF with the tags in groups of their own ([MS-OXRTFEX]). Other RTF is read as
plain text: a mail's paragraphs, lines, tabs and table cells.
"""

import re
from dataclasses import dataclass, replace

from vouch.parsers.common.rtf_fonts import FONT_PAGES
from vouch.parsers.email.body import Body
from vouch.parsers.email.outlook.mapi_properties import charset_of, decode_page

_TOKEN = re.compile(
    rb"\\([A-Za-z]{1,32})(-?\d{1,10})? ?|\\'([0-9A-Fa-f]{2})|\\(.)|([{}])|[\r\n]+|[^\\{}\r\n]+",
    re.DOTALL,
)
_HTML = re.compile(rb"\\fromhtml1\b")
_HTML_WITHIN = 2_000  # bytes
# Groups that are no text; all that begin with `\*` are none either, except that with an HTML tag.
_DESTINATIONS = frozenset(
    b"fonttbl colortbl stylesheet info pict object header headerl headerr headerf footer footerl "
    b"footerr footerf filetbl revtbl listtable listoverridetable rsidtbl generator mhtmltag "
    b"themedata colorschememapping datastore latentstyles xmlnstbl fldinst nonshppict "
    b"pntxta pntxtb".split()
)
_CHARACTERS = {
    b"par": "\n",
    b"line": "\n",
    b"sect": "\n",
    b"page": "\n",
    b"row": "\n",
    b"tab": "\t",
    b"cell": "\t",
    b"emdash": "\u2014",
    b"endash": "\u2013",
    b"lquote": "\u2018",
    b"rquote": "\u2019",
    b"ldblquote": "\u201c",
    b"rdblquote": "\u201d",
    b"bullet": "\u2022",
    b"emspace": "\u2003",
    b"enspace": "\u2002",
}
_SYMBOLS = {b"~": "\xa0", b"_": "\u2011", b"\n": "\n", b"\r": "\n"}
_LITERAL = b"\\{}"
# Western and Macintosh fonts, and all others.
_FONT_PAGES = {0: 1252, 77: 10000, **FONT_PAGES}
_DEFAULT_PAGE = 1252


def body_of(rtf: bytes) -> Body | None:
    """Return the body that a mail's RTF holds; None where it has no text."""
    if not rtf.lstrip().startswith(b"{\\rtf"):
        return None
    is_html = _HTML.search(rtf[:_HTML_WITHIN]) is not None
    body = Body(_Reader(is_html).read(rtf), is_html=is_html, is_styled=not is_html)
    return None if body.is_blank else body


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds within a pair of braces: it is put back behind it."""

    is_hidden: bool = False
    is_tag: bool = False  # of HTML
    is_for_rtf: bool = False  # what is beside the HTML, for readers of RTF alone
    in_fonts: bool = False
    font: int | None = None
    skipped: int = 1  # characters that stand for one in Unicode, for old readers


class _Reader:
    def __init__(self, is_html: bool) -> None:
        self._is_html = is_html
        self._group = _Group()
        self._outer: list[_Group] = []
        self._page = _DEFAULT_PAGE
        self._font_pages: dict[int, int] = {}
        self._parts: list[str] = []
        self._bytes = bytearray()  # not decoded yet: a character may be two of them
        self._to_skip = 0
        self._is_optional = False  # behind `\\*`

    def read(self, rtf: bytes) -> str:
        position = 0
        while match := _TOKEN.match(rtf, position):
            position = match.end()
            word, number, code, symbol, brace = match.groups()
            if word is not None:
                if word == b"bin":  # so many bytes that are no RTF
                    position += max(0, int(number or 0))
                self._command(word, None if number is None else int(number))
            elif code is not None:
                self._add(bytes.fromhex(code.decode()))
            elif symbol is not None:
                self._symbol(symbol)
            elif brace is not None:
                self._brace(brace)
            elif not match[0].isspace() or not match[0].startswith((b"\r", b"\n")):
                self._add(match[0])
        self._flush()
        # Characters beyond the first 65,536 were written as two units.
        units = "".join(self._parts).encode("utf-16-le", "surrogatepass")
        return units.decode("utf-16-le", "replace")

    def _brace(self, brace: bytes) -> None:
        self._to_skip = 0
        self._flush()
        if brace == b"{":
            self._outer.append(self._group)
        elif self._outer:
            self._group = self._outer.pop()
        self._is_optional = False

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self._is_optional = True
        elif symbol in _LITERAL:
            self._add(symbol)
        elif symbol in _SYMBOLS:
            self._add_text(_SYMBOLS[symbol])

    def _command(self, word: bytes, number: int | None) -> None:
        is_optional, self._is_optional = self._is_optional, False
        group = self._group
        if word == b"htmltag" and is_optional:
            self._group = replace(group, is_tag=True, is_hidden=not self._is_html)
        elif is_optional or word in _DESTINATIONS:
            self._group = replace(group, is_hidden=True, in_fonts=word == b"fonttbl")
        elif word == b"htmlrtf":
            self._flush()
            self._group = replace(group, is_for_rtf=number != 0)
        elif word == b"ansicpg" and number:
            self._page = number
        elif word == b"f":
            self._flush()
            self._group = replace(group, font=number)
        elif word == b"fcharset" and group.in_fonts and group.font is not None:
            self._font_pages[group.font] = _FONT_PAGES.get(number or 0, 0)
        elif word == b"plain":
            self._flush()
            self._group = replace(group, font=None)
        elif word == b"uc":
            self._group = replace(group, skipped=max(0, number or 0))
        elif word == b"u" and number is not None:
            self._add_unit(number & 0xFFFF)
        elif word in _CHARACTERS:
            self._add_text(_CHARACTERS[word])

    @property
    def _is_shown(self) -> bool:
        group = self._group
        return not group.is_hidden and not (self._is_html and group.is_for_rtf and not group.is_tag)

    def _add_unit(self, unit: int) -> None:
        """Add a unit of UTF-16, and skip what stands for it."""
        self._add_text(chr(unit))
        self._to_skip = self._group.skipped

    def _add_text(self, text: str) -> None:
        self._flush()
        if self._is_shown:
            self._parts.append(text)

    def _add(self, data: bytes) -> None:
        skipped = min(self._to_skip, len(data))
        self._to_skip -= skipped
        if self._is_shown:
            self._bytes += data[skipped:]

    def _flush(self) -> None:
        if self._bytes:
            font = self._group.font
            page = self._page if font is None else self._font_pages.get(font) or self._page
            self._parts.append(decode_page(bytes(self._bytes), charset_of(page)))
            self._bytes.clear()
