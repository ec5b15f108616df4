"""A document that was removed is brought back from a state that is still kept."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.pipeline.sample_documents import DOCUMENTS
from tests.pipeline.steps import indexed, run, texts, write
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.rollback import undelete
from vouch.schemas.errors import NotFound
from vouch.schemas.runs.record import Status

DAYS = 2


def test_a_removed_document_is_brought_back_for_a_while(
    published: Path, pass_time: Callable[[timedelta], None]
):
    before = texts(published)
    file, document = read_settings(published), published.parent / "documents/a.md"
    document.unlink()
    run(published)
    with pytest.raises(NotFound, match=r"none of the 2 kept states publishes nowhere\.md"):
        undelete(file, "nowhere.md", DAYS)
    with pytest.raises(NotFound, match="is published"):
        undelete(file, "b.md", DAYS)
    record = undelete(file, "a.md", DAYS)
    assert (record.kind, record.accounting.vectors_computed) == ("undelete", 0)
    assert texts(published) == before
    # Runs leave it alone until its time has passed.
    assert run(published).status is Status.UNCHANGED
    pass_time(timedelta(days=DAYS + 1))
    assert run(published).accounting.removed == 1
    assert "a.md" not in texts(published)


def test_a_document_that_was_brought_back_stays_once_it_is_listed_again(published: Path):
    (published.parent / "documents/a.md").unlink()
    run(published)
    undelete(read_settings(published), "a.md", DAYS)
    write(published, "a.md", str(DOCUMENTS["a.md"]))
    run(published)
    assert {row["remove_after"] for row in indexed(published, "documents", "remove_after")} == {
        None
    }
