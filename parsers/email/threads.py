"""Splits the plain text of a mail into the new text, the older mails that it quotes, signatures.

A quoted mail below the new text gets a heading: the line that says who wrote it and when. So a
search result from an old mail is not taken for a part of the new one. Where somebody answers
between quoted lines, the lines stay in place and keep their `>`, because question and answer belong
together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vouch.parsers.common.text.clean import one_line
from vouch.parsers.email.quote_patterns import (
    attribution_length,
    header_length,
    is_separator,
    separator_text,
)

MAX_HEADING = 200  # characters
_MAX_DEPTH = 20  # of quoting; each level costs one pass over the lines
_MAX_SIGNATURE = 12  # lines; more lines below a "-- " are more than a name and an address
_MAX_BLANK_LINES = 2  # between a separator and the header below it


@dataclass(frozen=True, slots=True)
class ThreadMail:
    """One mail of a thread: heading (None for the newest), depth of quoting from 0, own text."""

    heading: str | None
    depth: int
    text: str
    signature: str = ""


def split_thread(text: str) -> Iterator[ThreadMail]:
    """Yield the mails of a thread in the order of the text, the newest first."""
    heading: str | None = None
    lines: list[str] | None = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    depth = 0
    while lines is not None:
        level = _Level(lines, depth)
        yield from level.mails(heading)
        heading, lines, depth = level.quoted_heading, level.quoted_lines, depth + 1


def older_mail_header(lines: Sequence[str], start: int) -> tuple[str, int] | None:
    """Return heading and number of lines of an unquoted older mail's header that begins here.

    The header is a separator such as `-----Original Message-----`, fields (From, Date, …) or both.
    """
    separator = separator_text(lines[start]) if is_separator(lines[start]) else ""
    fields_start = start + bool(separator)
    last_start = min(len(lines), start + 1 + _MAX_BLANK_LINES)
    while separator and fields_start < last_start and not lines[fields_start].strip():
        fields_start += 1
    count = header_length(lines, fields_start) if fields_start < len(lines) else 0
    if not separator and not count:
        return None
    fields = [
        one_line(line).replace("*", "") for line in lines[fields_start : fields_start + count]
    ]
    # A long list of recipients would make a long heading: it stays text, with the lines below it.
    while fields and sum(map(len, fields)) > MAX_HEADING:
        fields.pop()
    heading = one_line(" ".join([separator, *fields])) or separator
    return heading, fields_start + len(fields) - start


class _Level:
    """The lines of one depth of quoting.

    After `mails` has been read, `quoted_lines` are those of the next depth, None where there is
    none, and `quoted_heading` is the heading of the first mail there.
    """

    def __init__(self, lines: Sequence[str], depth: int) -> None:
        self._lines = lines
        self._depth = depth
        body = lines[: _signature_start(lines)]
        is_quoted = [_is_quoted(line) for line in body]
        self._last_quoted = max((i for i, quoted in enumerate(is_quoted) if quoted), default=-1)
        self._last_new = max(
            (i for i, quoted in enumerate(is_quoted) if not quoted and body[i].strip()), default=-1
        )
        self.quoted_heading: str | None = None
        self.quoted_lines: list[str] | None = None

    def mails(self, heading: str | None) -> Iterator[ThreadMail]:
        """Yield the mails of this depth; `heading` is that of the first one."""
        start = index = 0
        while index < len(self._lines):
            length = attribution_length(self._lines, index)
            if length and not self._has_inline_answers(index + length):
                yield self._mail(heading, start, index)
                self.quoted_heading = one_line(" ".join(self._lines[index : index + length]))
                self.quoted_lines = [_unquoted(line) for line in self._lines[index + length :]]
                return
            header = older_mail_header(self._lines, index)
            if header is None:
                index += 1
                continue
            yield self._mail(heading, start, index)
            heading, length = header
            start = index = index + length
        yield self._mail(heading, start, len(self._lines))

    def _has_inline_answers(self, start: int) -> bool:
        """Return whether there are both quoted and new lines from `start` on.

        Also True at the greatest depth, where quotes stay as they are.
        """
        has_both = self._last_new >= start and self._last_quoted >= start
        return has_both or self._depth >= _MAX_DEPTH

    def _mail(self, heading: str | None, start: int, end: int) -> ThreadMail:
        lines = list(self._lines[start:end])
        while lines and not lines[-1].strip(" _-=\t"):  # a rule above the older mail
            lines.pop()
        border = _signature_start(lines)
        text, signature = "\n".join(lines[:border]), "\n".join(lines[border + 1 :])
        return ThreadMail(heading, self._depth, text, signature)


def _signature_start(lines: Sequence[str]) -> int:
    """Return the index of the `-- ` line above a short signature, or the number of lines."""
    nearest = range(len(lines) - 1, max(-1, len(lines) - 3 * _MAX_SIGNATURE), -1)
    border = next((index for index in nearest if lines[index].rstrip() == "--"), len(lines))
    below = [line for line in lines[border + 1 :] if line.strip()]
    is_short = 0 < len(below) <= _MAX_SIGNATURE and not any(map(_is_quoted, below))
    return border if is_short else len(lines)


def _is_quoted(line: str) -> bool:
    return line.lstrip(" ").startswith(">")


def _unquoted(line: str) -> str:
    return line.lstrip(" ")[1:].removeprefix(" ") if _is_quoted(line) else line
