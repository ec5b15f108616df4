"""Runs over a bucket: what is indexed is what was read, whatever was listed."""

from pathlib import Path

from tests.object_store import ObjectStore
from tests.pipeline.steps import configure, indexed, items_by_stage, run, texts
from vouch.schemas.boundary import Boundary, Side, install
from vouch.schemas.runs.record import Status
from vouch.storage.places import location_of


def test_an_object_that_changes_after_its_listing_is_indexed_as_it_was_read(
    store: ObjectStore, tmp_path: Path, tiny_model: Path
):
    bucket = store.bucket()
    store.keep_versions(bucket)
    folder = location_of(bucket, store.options) / "handbook"
    (folder / "a.md").write_text("# Leave\n\nA text about leave.")
    (folder / "deep/b.md").write_text("# Pay\n\nA text about pay.")

    def replace(boundary: Boundary, side: Side) -> None:
        if (boundary, side) == (Boundary.LIST, Side.AFTER):
            (folder / "a.md").write_text("# Leave\n\nAnother text, which is longer, about leave.")

    source = {"path": f"{bucket}/handbook", "storage_options": store.options}
    settings = configure(tmp_path, tiny_model, source, index={"max_delete_share": 1.0})
    with install(replace):
        record = run(settings)
    assert record.accounting.published == 2
    columns = ("uri", "etag", "size", "source_modified_at", "source_version")
    rows = {row["uri"]: row for row in indexed(settings, "documents", *columns)}
    present = {file.path: file for file in folder.files()}
    for uri, row in rows.items():
        # The etag and the time of the listing would have the next run read it again.
        assert (row["etag"], row["size"]) == (present[uri].etag, present[uri].size)
        assert row["source_modified_at"] == present[uri].modified
        assert row["source_version"] == (folder / uri).stat().version_id
    assert "Another text" in " ".join(texts(settings)["a.md"])
    record = run(settings)
    assert record.status is Status.UNCHANGED
    assert set(items_by_stage(record)) == {"list", "plan"}
    # The same bytes as another version have the same etag.
    (folder / "a.md").write_text((folder / "a.md").read_text())
    (folder / "deep/b.md").delete()
    record = run(settings)
    assert set(texts(settings)) == {"a.md"}
    assert "fetch" not in items_by_stage(record)
