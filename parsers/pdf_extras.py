"""What a PDF says beside its pages' text: metadata, values of form fields, texts of notes."""

import ctypes
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from parsers.clean import one_line
from schemas.records import Metadata

_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?\s*(?:([-+Z])(\d\d)?'?(\d\d)?)?")
_NO_NOTES = {raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP, raw.FPDF_ANNOT_WIDGET}
_NO_VALUE = {"", "Off"}
MAX_ANNOTATIONS = 5_000


def metadata(document: pdfium.PdfDocument, pages: int, silent_pages: int) -> Metadata:
    """Title, author, language and dates; `extra` counts the pages, and those without text."""
    values = {key: one_line(value) for key, value in document.get_metadata_dict(skip_empty=True).items()}
    extra = [("pages", str(pages))]
    if silent_pages:
        extra.append(("pages_without_text", str(silent_pages)))
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
    year, month, day, *time = (int(part or default) for part, default in zip(found.groups()[:6], "011000", strict=True))
    sign, hours, minutes = found.groups()[6:]
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    try:
        zone = UTC if sign in {None, "Z"} else timezone(offset if sign == "+" else -offset)
        return datetime(year, month, day, *time, tzinfo=zone)
    except ValueError:
        return None


def page_notes(document: pdfium.PdfDocument, page: pdfium.PdfPage) -> Iterator[str]:
    """`name: value` of filled form fields, and what notes on a page say."""
    for number in range(min(raw.FPDFPage_GetAnnotCount(page.raw), MAX_ANNOTATIONS)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, number)
        if not annotation:
            continue
        try:
            kind = raw.FPDFAnnot_GetSubtype(annotation)
            if kind == raw.FPDF_ANNOT_WIDGET:
                text = _field(document, annotation)
            else:
                text = "" if kind in _NO_NOTES else _note(annotation)
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
        if text:
            yield text


def _field(document: pdfium.PdfDocument, annotation: Any) -> str:  # noqa: ANN401 - a handle of pdfium
    if document.formenv is None:
        return ""
    form = document.formenv.raw
    value = _string(lambda *out: raw.FPDFAnnot_GetFormFieldValue(form, annotation, *out))
    if value in _NO_VALUE:
        return ""
    label = _string(lambda *out: raw.FPDFAnnot_GetFormFieldAlternateName(form, annotation, *out))
    name = label or _string(lambda *out: raw.FPDFAnnot_GetFormFieldName(form, annotation, *out))
    return f"{name}: {value}" if name else value


def _note(annotation: Any) -> str:  # noqa: ANN401 - a handle of pdfium
    return _string(lambda *out: raw.FPDFAnnot_GetStringValue(annotation, b"Contents", *out))


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
