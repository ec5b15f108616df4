"""Say in words what is wrong with a value: pydantic's own messages are for programmers."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import ErrorDetails

_OWN = "Value error, "
# By the type of pydantic's error. Braces are filled in from its context.
_WORDS = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "date_from_datetime_inexact": "must be a date without a time",
    "date_from_datetime_parsing": "must be a date such as 2026-01-31",
    "date_parsing": "must be a date such as 2026-01-31",
    "date_type": "must be a date such as 2026-01-31",
    "datetime_from_date_parsing": "must be a time such as 2026-01-31T12:00",
    "datetime_parsing": "must be a time such as 2026-01-31T12:00",
    "datetime_type": "must be a time such as 2026-01-31T12:00",
    "decimal_parsing": "must be a number",
    "decimal_type": "must be a number",
    "dict_type": "must be keys with values",
    "enum": "must be {expected}",
    "extra_forbidden": "is not a valid key",
    "finite_number": "must be a finite number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a smaller whole number",
    "int_type": "must be a whole number",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
    "list_type": "must be a list",
    "literal_error": "must be {expected}",
    "mapping_type": "must be keys with values",
    "missing": "is missing",
    "model_attributes_type": "must be keys with values",
    "model_type": "must be keys with values",
    "none_required": "must be empty",
    "string_pattern_mismatch": "must match {pattern}",
    "string_sub_type": "must be text",
    "string_too_short": "must have at least {min_length} characters",
    "string_type": "must be text",
    "timezone_aware": "must have a time zone",
    "too_long": "must have at most {max_length} entries",
    "too_short": "must have at least {min_length} entries",
    "tuple_type": "must be a list",
}


def wrong(error: ErrorDetails | Mapping[str, Any]) -> str:
    """Return what is wrong with a value, to follow its name, such as `must be a whole number`.

    What one of our own validators says is returned as it is.
    """
    message = str(error["msg"])
    if message.startswith(_OWN):
        return message.removeprefix(_OWN)
    kind, context = str(error["type"]), error.get("ctx", {})
    if kind in ("string_too_short", "too_short") and context["min_length"] == 1:
        return "must not be empty"
    words = _WORDS.get(kind)
    return words.format_map(context) if words else f"{message} (says pydantic)"


def wrong_field(error: ErrorDetails) -> str:
    """Return what is wrong with which field of a record: `answer is missing`."""
    place, message = ".".join(map(str, error["loc"])), wrong(error)
    if not place:
        return message
    return f"{place}: {message}" if error["msg"].startswith(_OWN) else f"{place} {message}"
