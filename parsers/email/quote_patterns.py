"""How mail programs begin what they quote, in the languages of most programs.

Three forms are recognized: an attribution ("On … Bob wrote:"), a separator ("-----Original
Message-----") and a header (From, Sent, To, Subject).
"""

import re
from collections.abc import Sequence
from enum import Enum, auto

# The end of an attribution. Each attribution contains a date, so only lines with a digit are
# looked at.
_WROTE = re.compile(
    r"(?:\b(?:wrote|schrieb|escribió|escribio|écrit|ecrit|scritto|escreveu|schreef|skrev"
    r"|napisał(?:\(a\))?|napisała|pisze|napsal(?:\(a\))?|kirjoitti|írta|yazdı"
    r"|написал(?:\(а\)|а)?|пишет|написав|έγραψε)\b"
    r".{0,120}|<[^<>]{0,100}@[^<>]{0,100}>|写道|寫道|작성|のメッセージ)\s*[:：]\s*$"
)
# The beginning of an attribution: a preposition, a day of the week or a date.
_ON = re.compile(
    r"(?:on|am|el|le|il|em|op|den|dnia|w dniu|dne|ke|ti|på|a \d|\d{1,4}[.\-/年 ]"
    r"|mon|tue|wed|thu|fri|sat|sun|at|пн|вт|ср|чт|пт|сб|вс|στις|在)",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(
    r"\W{2,}(?:(?:original|forwarded) (?:message|appointment)"
    r"|(?:ursprüngliche|weitergeleitete) (?:nachricht|message)"
    r"|mensaje original|mensaje reenviado|message (?:d'origine|original|transféré)"
    r"|messaggio (?:originale|inoltrato)|mensagem (?:original|encaminhada)"
    r"|oorspronkelijk bericht|doorgestuurd bericht|ursprungligt meddelande"
    r"|oprindelig meddelelse|wiadomość oryginalna|исходное сообщение|пересылаемое сообщение"
    r"|原始邮件|转发邮件)\W*$"
    r"|begin forwarded message:$",
    re.IGNORECASE,
)


class _Field(Enum):
    """A field of a quoted mail's header."""

    SENDER = auto()
    DATE = auto()
    RECIPIENT = auto()  # or another field that a header may have
    SUBJECT = auto()


_FIELD_NAMES = {
    _Field.SENDER: "from von de da van från fra od от lähettäjä 发件人 寄件者 差出人 보낸사람",
    _Field.DATE: (
        "sent date gesendet datum envoyé enviado fecha inviato data verzonden skickat sendt "
        "wysłano отправлено дата 发送时间 日期 送信日時"
    ),
    _Field.RECIPIENT: (
        "to an à a para aan till til do кому 收件人 宛先 cc kopie bcc reply-to importance "
        "priorität attachments anlagen"
    ),
    _Field.SUBJECT: (
        "subject betreff objet asunto assunto oggetto onderwerp ämne emne temat тема aihe předmět "
        "主题 主旨 件名"
    ),
}
_FIELDS = {name: kind for kind, names in _FIELD_NAMES.items() for name in names.split()}
_FIELD = re.compile(r"[*_]{0,2}([^\s:：*][^:：*]{0,20}?)[*_]{0,2}\s?[:：][*_]{0,2}(?:\s|$)")
_MAX_FIELDS = 12  # lines below the sender that are looked at
_MAX_CONTINUATION = 2  # lines that a long field continues on
_MAX_LINE = 400  # characters; a longer line is text
_MAX_ATTRIBUTION_LINES = 3


def attribution_length(lines: Sequence[str], start: int) -> int:
    """Return how many lines from `start` are an attribution: at most three; 0 where none are."""
    text = lines[start].strip()
    if not _ON.match(text):
        return 0
    for count in range(1, _MAX_ATTRIBUTION_LINES + 1):
        if len(text) > _MAX_LINE:
            return 0
        if text.endswith((":", "：")):
            return count if is_attribution(text) else 0
        if start + count >= len(lines) or not lines[start + count].strip():
            return 0
        text = f"{text} {lines[start + count].strip()}"
    return 0


def is_attribution(text: str) -> bool:
    """Return whether a line says who wrote the text below it, and when."""
    text = text.strip()
    return (
        len(text) <= _MAX_LINE
        and any(map(str.isdigit, text))
        and bool(_ON.match(text) and _WROTE.search(text))
    )


def is_separator(line: str) -> bool:
    """Return whether a line is one such as `-----Original Message-----`."""
    return len(line) <= _MAX_LINE and _SEPARATOR.match(line.strip()) is not None


def separator_text(line: str) -> str:
    """Return the words of a separator, without its dashes."""
    return line.strip().strip("-_=*> :")


def header_length(lines: Sequence[str], start: int) -> int:
    """Return how many lines from `start` are the header of an older mail; 0 where they are none.

    A header begins with the sender and has the subject and one more field at least: with fewer,
    the line "From: Berlin" about a journey would begin a mail. Lines that continue a field belong
    to the header.
    """
    if _field_of(lines[start]) is not _Field.SENDER:
        return 0
    fields = {_Field.SENDER}
    length = 1
    for position, line in enumerate(lines[start + 1 : start + 1 + _MAX_FIELDS], start=2):
        field = _field_of(line)
        if not line.strip() or (field is None and position - length > _MAX_CONTINUATION):
            break
        if field is not None:
            fields.add(field)
            length = position
    return length if len(fields) >= 3 and _Field.SUBJECT in fields else 0


def _field_of(line: str) -> _Field | None:
    match = _FIELD.match(line.strip()[:_MAX_LINE])
    return _FIELDS.get(match[1].strip().lower()) if match else None
