"""What a PDF says beside its pages' text: metadata, values of form fields, texts of notes."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from vouch.parsers.common.attachment_names import base_name, name_for
from vouch.parsers.common.clean import one_line
from vouch.schemas.records import Attachment, Metadata

_DATE = re.compile(
    r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?\s*(?:([-+Z])(\d\d)?'?(\d\d)?)?"
)
_NO_NOTES = {raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP, raw.FPDF_ANNOT_WIDGET}
_NO_VALUE = {"", "Off"}
MAX_ANNOTATIONS = 5_000


def metadata(
    document: pdfium.PdfDocument,
    pages: int,
    silent_pages: str,
    scans: Sequence[tuple[str, str]] = (),
) -> Metadata:
    """Title, author, language and dates; `extra` counts the pages, names those without text, and tells of scanned ones."""
    values = {
        key: one_line(value) for key, value in document.get_metadata_dict(skip_empty=True).items()
    }
    extra = [("pages", str(pages)), *scans]
    extra += [("pages_without_text", silent_pages)] if silent_pages else []
    extra += [(key.lower(), values[key]) for key in ("Subject", "Keywords") if values.get(key)]
    return Metadata(
        title=values.get("Title") or None,
        author=values.get("Author") or None,
        language=_language(document),
        created=parse_date(values.get("CreationDate", "")),
        modified=parse_date(values.get("ModDate", "")),
        extra=tuple(extra),
    )


def parse_date(text: str) -> datetime | None:
    """An aware date from PDF notation, `D:20240229120000+01'00'`; without a zone it counts as UTC, wrong as none."""
    found = _DATE.match(text.strip())
    if not found:
        return None
    parts = [
        int(part or default) for part, default in zip(found.groups()[:6], "011000", strict=True)
    ]
    sign, hours, minutes = found.groups()[6:]
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    try:
        zone = UTC if sign in {None, "Z"} else timezone(offset if sign == "+" else -offset)
        return datetime(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], tzinfo=zone)
    except ValueError:
        return None


@dataclass(slots=True)
class Annotations:
    """What hangs on a page: `name: value` of filled form fields, what notes say, and files pinned to it."""

    texts: list[str] = field(default_factory=list)
    files: list[Attachment] = field(default_factory=list)


def annotations(document: pdfium.PdfDocument, page: pdfium.PdfPage) -> Annotations:
    """The annotations of a page; those that cannot be read are passed over."""
    found = Annotations()
    for number in range(min(raw.FPDFPage_GetAnnotCount(page.raw), MAX_ANNOTATIONS)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, number)
        if not annotation:
            continue
        try:
            _read(document, annotation, found)
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
    return found


def file_of(attachment: pdfium.PdfAttachment) -> Attachment | None:
    """An embedded file; None for one that is listed, but not in the document."""
    try:
        name, data = attachment.get_name(), bytes(attachment.get_data())
    except pdfium.PdfiumError:
        return None
    return (
        Attachment(base_name(name) or name_for("application/octet-stream", 1), data)
        if data
        else None
    )


def _read(document: pdfium.PdfDocument, annotation: Any, found: Annotations) -> None:  # noqa: ANN401 - a handle of pdfium
    kind = raw.FPDFAnnot_GetSubtype(annotation)
    text = "" if kind in _NO_NOTES else _note(annotation)
    if kind == raw.FPDF_ANNOT_WIDGET:
        text = _field(document, annotation)
    if text and text not in found.texts:  # each button of a group tells the value of the group
        found.texts.append(text)
    if kind == raw.FPDF_ANNOT_FILEATTACHMENT and (
        handle := raw.FPDFAnnot_GetFileAttachment(annotation)
    ):
        pinned = file_of(pdfium.PdfAttachment(handle, document))
        found.files += [pinned] if pinned else []


def _field(document: pdfium.PdfDocument, annotation: Any) -> str:  # noqa: ANN401 - a handle of pdfium
    """`name: value`, by the label that is shown for it where there is one; nothing for a field that is not filled."""
    form = None if document.formenv is None else document.formenv.raw
    value = form and _string(lambda *out: raw.FPDFAnnot_GetFormFieldValue(form, annotation, *out))
    value = value or _entry(
        annotation, b"V"
    )  # a page that was taken out of its form still has the values
    if value in _NO_VALUE:
        return ""
    label = form and _string(
        lambda *out: raw.FPDFAnnot_GetFormFieldAlternateName(form, annotation, *out)
    )
    name = label or (
        form and _string(lambda *out: raw.FPDFAnnot_GetFormFieldName(form, annotation, *out))
    )
    name = name or _entry(annotation, b"T")
    return f"{name}: {value}" if name else str(value)


def _note(annotation: Any) -> str:  # noqa: ANN401 - a handle of pdfium
    """What a note says, behind the name of who has written it."""
    text, author = _entry(annotation, b"Contents"), _entry(annotation, b"T")
    return f"Comment ({author}): {text}" if text and author else text


def _entry(annotation: Any, key: bytes) -> str:  # noqa: ANN401 - a handle of pdfium
    return _string(lambda *out: raw.FPDFAnnot_GetStringValue(annotation, key, *out))


def _language(document: pdfium.PdfDocument) -> str | None:
    return _string(lambda *out: raw.FPDFCatalog_GetLanguage(document.raw, *out)) or None


def _string(read: Callable[..., int]) -> str:
    """A text that pdfium writes as UTF-16 into a buffer, after it was asked for its size in bytes."""
    size = read(None, 0)
    if size <= 2:
        return ""
    buffer = (raw.FPDF_WCHAR * (size // 2 + 1))()
    read(buffer, size)
    return one_line(bytes(buffer)[: size - 2].decode("utf-16-le", errors="replace"))
