"""What the metadata of unstructured's elements says about the document that they are from."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from vouch.parsers.common.dates import parse_time
from vouch.parsers.common.text.clean import one_line
from vouch.schemas.documents.records import Metadata
from vouch.schemas.documents.values import Value, joined, texts

# What is true of an element rather than of its document.
_OF_ELEMENTS = frozenset(
    "category_depth chunk_index coordinates detection_class_prob detection_origin "
    "emphasized_text_contents emphasized_text_tags enrichment_origins header_footer_type "
    "image_base64 image_mime_type image_path image_url is_continuation is_extracted "
    "key_value_pairs link_start_indexes link_texts link_urls links num_carried_over_header_rows "
    "orig_elements page_name page_number parent_id permissions_data routing routing_score "
    "segment_end_seconds segment_start_seconds table_as_cells table_extraction_method table_id "
    "text_as_html".split()
)
# In fields of `Metadata`.
_MODIFIED = ("last_modified", "data_source.date_modified")
_CREATED = "data_source.date_created"
_IN_FIELDS = frozenset({"subject", "sent_from", _CREATED, *_MODIFIED})
_MAX_VALUE = 2000  # characters; a longer value is content


def metadata_of(
    stated: Sequence[Mapping[str, Any]], first_title: str | None, omitted: frozenset[str]
) -> Metadata:
    """Return the metadata of a document by that of its elements.

    A value that differs from element to element says nothing about the document. The languages are
    guesses of unstructured, so that none of them is declared.
    """
    common = _common(stated, omitted)
    return Metadata(
        title=_text(common.get("subject")) or first_title,
        author=_text(common.get("sent_from")),
        created=_time(_text(common.get(_CREATED))),
        modified=_time(_text(next((common[key] for key in _MODIFIED if key in common), None))),
        extra=tuple((key, value) for key, value in common.items() if key not in _IN_FIELDS),
    )


def _common(stated: Sequence[Mapping[str, Any]], omitted: frozenset[str]) -> dict[str, Value]:
    """Return what all elements that state a key agree on, in the order of first mention."""
    values: dict[str, Value] = {}
    differing: set[str] = set()
    for metadata in stated:
        # What an attached file is called, and when it was changed, is its own matter.
        if metadata.get("attached_to_filename") is not None:
            continue
        for key, value in _flattened(metadata, omitted | _OF_ELEMENTS):
            if values.setdefault(key, value) != value:
                differing.add(key)
    return {key: value for key, value in values.items() if key not in differing}


def _flattened(
    metadata: Mapping[str, Any], omitted: frozenset[str], path: str = ""
) -> Iterator[tuple[str, Value]]:
    """Yield keys and values; the keys of an inner object follow that of the outer one."""
    for key, value in metadata.items():
        if key in omitted or value in (None, "", [], {}):
            continue
        if isinstance(value, dict) and not path:
            yield from _flattened(value, omitted, f"{key}.")
            continue
        entries = value if isinstance(value, list) else [value]
        field: Value
        if any(isinstance(entry, list | dict) for entry in entries):
            field = one_line(json.dumps(value, ensure_ascii=False))
        else:
            field = joined(
                one_line(entry) if isinstance(entry, str) else entry for entry in entries
            )
            if not isinstance(value, list) and field:
                (field,) = field
        if field != () and sum(map(len, texts(field))) <= _MAX_VALUE:
            yield f"{path}{one_line(key)}", field


def _text(value: Value | None) -> str | None:
    return None if value is None else ", ".join(texts(value))


def _time(text: str | None) -> datetime | None:
    """Parse a time; sources of unstructured-ingest also write seconds since 1970."""
    if text is None:
        return None
    with suppress(ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(float(text), UTC)
    return parse_time(text)
