"""Opening a source: what cannot work is refused before any work, and no message has a secret."""

from pathlib import Path

import pytest

from vouch.schemas.errors import SourceRefused
from vouch.schemas.settings.sources import FilesSource
from vouch.schemas.settings.table_source import TableSource
from vouch.sources.registry import check_source


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ({"path": "nowhere/*.csv"}, "there is no folder nowhere"),
        ({"url": "sqlite:///no.db"}, r"there is no database .*no\.db"),
        (
            {"url": "${VOUCH_NOT_SET}"},
            "its url cannot be completed: the environment variable VOUCH_NOT_SET is not set",
        ),
        (
            {"url": "nodialect://me:s3cret@host/db"},
            r"nodialect://[*]+@host/db cannot be read: Can't load plugin",
        ),
        ({"url": "s3cret"}, "its url is not one that SQLAlchemy can read"),
        (
            {"url": "adbc+nothing:///s3cret@x"},
            "the ADBC driver for nothing is not installed; install adbc-driver-nothing",
        ),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(tmp_path: Path, place: dict, message: str):
    table = {"table": "t"} if "url" in place else {}
    settings = TableSource(name="shop", key=("id",), text="{{ name }}", **place, **table)
    with pytest.raises(SourceRefused, match=message) as raised:
        check_source(settings, tmp_path)
    assert "s3cret" not in str(raised.value)


def test_a_missing_folder_is_refused(tmp_path: Path):
    with pytest.raises(SourceRefused, match="there is no folder nowhere"):
        check_source(FilesSource(name="docs", path="nowhere"), tmp_path)


def test_a_missing_secret_of_the_storage_options_is_refused(tmp_path: Path):
    options = {"key": "${VOUCH_NOT_SET}"}
    settings = FilesSource(name="docs", path="memory://x", storage_options=options)
    with pytest.raises(SourceRefused, match="VOUCH_NOT_SET is not set"):
        check_source(settings, tmp_path)
