"""A quoted text is that text to the store's own parser, whatever it contains."""

import lancedb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vouch.index.store.sql import quoted
from vouch.schemas.errors import SettingsError

DECOY = "never equal to a generated text: \U0010fffe"
TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.text(
    "'\\\"`-/*;)(%_ \n\0\ua789\u2019"
)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    database = lancedb.connect(tmp_path_factory.mktemp("sql"))
    return database.create_table("decoy", [{"text": DECOY}])


@given(value=TEXTS)
@example(value="\\' OR true))) --")
@example(value="it''s")
@example(value="\\")
@example(value="'")
def test_the_store_reads_a_quoted_text_as_the_same_text(table, value: str):
    # Projecting the literal gives what the store's parser made of it.
    (row,) = table.search().select({"row": "text", "read": quoted(value)}).to_list()
    assert row["read"] == value
    assert not table.search().where(f"text = {quoted(value)}").to_list()


def test_what_no_row_can_contain_is_refused():
    with pytest.raises(SettingsError, match="not Unicode"):
        quoted("\ud800")
