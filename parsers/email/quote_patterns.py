"""How mail programs begin what they quote, in the languages that most of them speak."""

import re
from collections.abc import Sequence

# Only lines with a figure are looked at: each has a date.
_WROTE = re.compile(
    r"(?:\b(?:wrote|schrieb|escribió|escribio|écrit|ecrit|scritto|escreveu|schreef|skrev|napisał(?:\(a\))?|napisała"
    r"|pisze|napsal(?:\(a\))?|kirjoitti|írta|yazdı|написал(?:\(а\)|а)?|пишет|написав|έγραψε)\b"
    r".{0,120}|<[^<>]{0,100}@[^<>]{0,100}>|写道|寫道|작성|のメッセージ)\s*[:：]\s*$"
)
_BEGINS = re.compile(
    r"(?:on|am|el|le|il|em|op|den|dnia|w dniu|dne|ke|ti|på|a \d|\d{1,4}[.\-/年 ]|mon|tue|wed|thu|fri|sat|sun|at"
    r"|пн|вт|ср|чт|пт|сб|вс|στις|在)",
    re.IGNORECASE,
)
_MARKS = re.compile(
    r"\W{2,}(?:(?:original|forwarded) (?:message|appointment)|(?:ursprüngliche|weitergeleitete) (?:nachricht|message)"
    r"|mensaje original|mensaje reenviado|message (?:d'origine|original|transféré)|messaggio (?:originale|inoltrato)"
    r"|mensagem (?:original|encaminhada)|oorspronkelijk bericht|doorgestuurd bericht|ursprungligt meddelande"
    r"|oprindelig meddelelse|wiadomość oryginalna|исходное сообщение|пересылаемое сообщение|原始邮件|转发邮件)\W*$"
    r"|begin forwarded message:$",
    re.IGNORECASE,
)
_FROM = "from von de da van från fra od от lähettäjä 发件人 寄件者 差出人 보낸사람".split()
_DATE = (
    "sent date gesendet datum envoyé enviado fecha inviato data verzonden skickat sendt wysłano отправлено дата "
    "发送时间 日期 送信日時"
).split()
_TO = "to an à a para aan till til do кому 收件人 宛先 cc kopie bcc reply-to importance priorität attachments anlagen".split()
_SUBJECT = "subject betreff objet asunto assunto oggetto onderwerp ämne emne temat тема aihe předmět 主题 主旨 件名".split()
_FIELD = re.compile(r"[*_]{0,2}([^\s:：*][^:：*]{0,20}?)[*_]{0,2}\s?[:：][*_]{0,2}(?:\s|$)")
_KINDS = {name: kind for kind, names in enumerate((_FROM, _DATE, _TO, _SUBJECT)) for name in names}
_SENDER, _SUBJECT_LINE = 0, 3
_MAX_FIELDS = 12
_MAX_WRAPPED = 2  # lines that a long field goes on for
_MAX_LINE = 400


def attribution(lines: Sequence[str], start: int) -> int:
    """How many lines from `start` say who wrote what follows and when ("On … wrote:"), at most three; 0 where none do."""
    text = lines[start].strip()
    if not _BEGINS.match(text):
        return 0
    for count in range(1, 4):
        if len(text) > _MAX_LINE:
            return 0
        if text.endswith((":", "：")):
            return count if is_attribution(text) else 0
        if start + count >= len(lines) or not lines[start + count].strip():
            return 0
        text = f"{text} {lines[start + count].strip()}"
    return 0


def is_attribution(text: str) -> bool:
    """Does a line say who wrote what follows, and when?"""
    text = text.strip()
    return (
        len(text) <= _MAX_LINE
        and any(map(str.isdigit, text))
        and bool(_BEGINS.match(text) and _WROTE.search(text))
    )


def is_mark(line: str) -> bool:
    """A line such as `-----Original Message-----`."""
    return len(line) <= _MAX_LINE and _MARKS.match(line.strip()) is not None


def mark_text(line: str) -> str:
    """What such a line says, without its dashes."""
    return line.strip().strip("-_=*> :")


def fields(lines: Sequence[str], start: int) -> int:
    """How many lines from `start` are the header of an older mail (From, Sent, To, Subject); 0 where it is none.

    It begins with the sender and has a subject and one of the others, else a journey would be a mail; lines that go on
    with one before belong to it.
    """
    kinds = {_kind(lines[start])}
    if kinds != {_SENDER}:
        return 0
    count = 1
    for number, line in enumerate(lines[start + 1 : start + 1 + _MAX_FIELDS], start=2):
        kind = _kind(line)
        if not line.strip() or (kind is None and number - count > _MAX_WRAPPED):
            break
        if kind is not None:
            kinds.add(kind)
            count = number
    return count if len(kinds) >= 3 and _SUBJECT_LINE in kinds else 0


def _kind(line: str) -> int | None:
    """Which of a header's fields a line is."""
    found = _FIELD.match(line.strip()[:_MAX_LINE])
    return _KINDS.get(found[1].strip().lower()) if found else None
