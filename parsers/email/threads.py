"""The plain text of a mail taken apart: what is new in it, the older mails that it quotes, and signatures.

A quoted mail below the new text gets a heading of its own: the line that says who wrote it and when. So no piece of an
old mail is taken for the new one. Where somebody answers between quoted lines, the lines stay where they are and keep
their `>`: question and answer belong together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vouch.parsers.common.clean import one_line
from vouch.parsers.email.quote_patterns import attribution, fields, is_mark, mark_text

MAX_HEADING = 200
_MAX_DEPTH = 20
_MAX_SIGNATURE = 12  # lines; what is longer below a "-- " is more than a name and an address


@dataclass(frozen=True, slots=True)
class Message:
    """One mail of a thread: its `heading` (None for the newest) at a depth of quoting from 0, its own text and signature."""

    heading: str | None
    depth: int
    text: str
    signature: str = ""


def messages(text: str) -> Iterator[Message]:
    """The mails of a thread, the newest first, as they stand in the text."""
    heading: str | None = None
    quoted: list[str] | None = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    depth = 0
    while quoted is not None:
        level = _Level(quoted, depth)
        yield from level.messages(heading)
        heading, quoted, depth = level.heading, level.quoted, depth + 1


def older_mail(lines: Sequence[str], at: int) -> tuple[str, int] | None:
    """The heading of an older mail that begins here without quoting, and how many lines make it."""
    mark = mark_text(lines[at]) if is_mark(lines[at]) else ""
    start = at + bool(mark)
    while mark and start < min(len(lines), at + 3) and not lines[start].strip():
        start += 1
    count = fields(lines, start) if start < len(lines) else 0
    if not mark and not count:
        return None
    told = [one_line(line).replace("*", "") for line in lines[start : start + count]]
    while (
        count and sum(map(len, told)) > MAX_HEADING
    ):  # those that a long list of recipients is in stay text
        count -= 1
        told.pop()
    return one_line(" ".join([mark, *told])) or mark, start + count - at


class _Level:
    """Lines of one depth of quoting. Once they are read, `quoted` holds those of the next depth, if there is one."""

    def __init__(self, lines: Sequence[str], depth: int) -> None:
        self._lines = lines
        self._depth = depth
        body = lines[: _signature(lines)]
        self._last_new = max(
            (at for at, line in enumerate(body) if line.strip() and not _is_quoted(line)),
            default=-1,
        )
        self._last_quoted = max(
            (at for at, line in enumerate(body) if _is_quoted(line)), default=-1
        )
        self.heading: str | None = None
        self.quoted: list[str] | None = None

    def messages(self, heading: str | None) -> Iterator[Message]:
        begun = 0
        at = 0
        while at < len(self._lines):
            if (length := attribution(self._lines, at)) and self._is_last_word(at + length):
                yield self._message(heading, begun, at)
                self.heading = one_line(" ".join(self._lines[at : at + length]))
                self.quoted = [_unquoted(line) for line in self._lines[at + length :]]
                return
            found = older_mail(self._lines, at)
            if found is None:
                at += 1
                continue
            yield self._message(heading, begun, at)
            heading, length = found
            begun = at = at + length
        yield self._message(heading, begun, len(self._lines))

    def _is_last_word(self, end: int) -> bool:
        """Is all below quoted, or nothing? Between the two, somebody answers within."""
        return self._depth < _MAX_DEPTH and (self._last_new < end or self._last_quoted < end)

    def _message(self, heading: str | None, start: int, end: int) -> Message:
        lines = list(self._lines[start:end])
        while lines and not lines[-1].strip(" _-=\t"):  # the line drawn above an older mail
            lines.pop()
        border = _signature(lines)
        return Message(
            heading, self._depth, "\n".join(lines[:border]), "\n".join(lines[border + 1 :])
        )


def _signature(lines: Sequence[str]) -> int:
    """The line that parts a signature from the text above it, or the number of lines."""
    nearest = range(len(lines) - 1, max(-1, len(lines) - 3 * _MAX_SIGNATURE), -1)
    border = next((at for at in nearest if lines[at].rstrip() == "--"), len(lines))
    below = [line for line in lines[border + 1 :] if line.strip()]
    short = 0 < len(below) <= _MAX_SIGNATURE and not any(map(_is_quoted, below))
    return border if short else len(lines)


def _is_quoted(line: str) -> bool:
    return line.lstrip(" ").startswith(">")


def _unquoted(line: str) -> str:
    return line.lstrip(" ")[1:].removeprefix(" ") if _is_quoted(line) else line
