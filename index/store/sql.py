"""Text literals for the store's SQL."""

from vouch.schemas.errors import SettingsError


def quoted(value: str) -> str:
    """Return `value` as an SQL string literal of the store.

    The store's SQL ends a literal at a single quote, reads two of them as one, and knows no
    backslash escapes (`tests/index/store/test_sql.py` compares with the store itself). LanceDB's
    own `lit(value).to_sql()` is not used for texts: it leaves a quote behind a backslash single,
    so that a value could end its literal and add conditions.

    Raises:
        SettingsError: The value is no Unicode text (a lone surrogate), which no row can contain.
    """
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise SettingsError(f"the value {value!r} is not Unicode text: {error.reason}") from error
    return "'" + value.replace("'", "''") + "'"
