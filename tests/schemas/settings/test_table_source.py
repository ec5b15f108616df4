"""Table settings: the place without secrets, and which settings make all rows new."""

import pytest

from vouch.schemas.settings.table_source import TableSource, without_secrets


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("data/*.csv", "data/*.csv"),
        ("postgresql://me:s3cret@host/db?sslpassword=x", "postgresql://***@host/db"),
        ("postgresql://me:s3@c/r?et@host:1/db", "postgresql://***@host:1/db"),
        ("${DATABASE_URL}", "${DATABASE_URL}"),
        ("sqlite:///shop.db", "sqlite:///shop.db"),
    ],
)
def test_a_place_is_shown_without_secrets(url: str, shown: str):
    assert without_secrets(url) == shown


def reading(**settings) -> str:
    required = {"name": "t", "path": "x", "key": ("id",), "text": "{{a}}"}
    return TableSource(**{**required, **settings}).reading


def test_the_fingerprint_of_0_5_0_is_unchanged():
    """It is part of the etags in an index, so that unchanged rows are not fetched again."""
    assert reading() == "d9c9d539da115586"


def test_settings_that_change_documents_change_the_fingerprint():
    changed: tuple[dict, ...] = (
        {"text": "{{b}}"},
        {"title": "{{a}}"},
        {"metadata": ()},
        {"types": {"a": "number"}},
        {"contract": {"fields": {"a": {}}}},
    )
    assert len({reading(**settings) for settings in changed} | {reading()}) == len(changed) + 1


def test_other_settings_keep_the_fingerprint():
    assert reading(name="other", storage_options={"a": 1}, path_date="x") == reading()
