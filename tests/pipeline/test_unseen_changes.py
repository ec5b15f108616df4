"""Files that change while their size and modification time stay the same."""

import os
import re
import shlex
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.pipeline.local_runs import backfill
from tests.pipeline.steps import configure, indexed, items_by_stage, run, tables, texts, write
from vouch.cli import app
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.trace import trace_chunk
from vouch.pipeline.planning.dry_run import dry_run
from vouch.schemas.runs.record import Status
from vouch.schemas.settings.vouch_yaml import Settings

FORTY, FIFTY = (f"# Crane\n\nThe crane lifts {n} tonnes.\n" for n in ("forty", "fifty"))
FIXED = (315_532_800, 315_532_800)  # 1980, as in archives that are built reproducibly


def edit(file: Path) -> None:
    file.write_text(FIFTY)
    os.utime(file, FIXED)


def replace(file: Path) -> None:
    """Put another file with the same size and time in its place, as rsync and git do."""
    twin = file.with_name(".twin")
    edit(twin)
    twin.replace(file)


def copy_over(file: Path) -> None:
    """As `cp --preserve=timestamps` from a backup."""
    twin = file.parent.parent / "backup"
    edit(twin)
    shutil.copy2(twin, file)


def edit_target(link: Path) -> None:
    edit(link.resolve())


EDITS: dict[str, Callable[[Path], None]] = {
    "edited.md": edit,
    "replaced.md": replace,
    "copied over.md": copy_over,
    "link.md": edit_target,
    "#1 [draft].md": edit,
}


def project(folder: Path, model: Path, **source: Any) -> Path:
    settings = configure(folder, model, source=source)
    for name in EDITS:
        if name == "link.md":
            target = write(settings, "target/of link.md", FORTY)
            (folder / "documents" / name).symlink_to(target)
        else:
            target = write(settings, name, FORTY)
        os.utime(target, FIXED)
    write(settings, "same.md", FORTY)
    run(settings)
    return settings


def change(settings: Path) -> None:
    for name, make in EDITS.items():
        make(settings.parent / "documents" / name)


def current(settings: Path) -> set[str]:
    return {uri for uri, parts in texts(settings).items() if "fifty" in parts[0]}


CHANGED = {*EDITS, "target/of link.md"}


def chunk_of(settings: Path, uri: str) -> str:
    rows = indexed(settings, "chunks", "chunk_id", "uri")
    return next(row["chunk_id"] for row in rows if row["uri"] == uri)


def advice(settings: Path, uri: str) -> str:
    proofs = trace_chunk(read_settings(settings), chunk_of(settings, uri)).proofs
    return next(proof.detail for proof in proofs if proof.name == "file")


def test_by_default_the_change_time_of_a_local_file_shows_an_edit(tmp_path: Path, tiny_model: Path):
    settings = project(tmp_path, tiny_model, compare="change_time")
    assert run(settings).status is Status.UNCHANGED
    change(settings)
    # What changes the file's entry and not its content is read, and not parsed.
    (tmp_path / "documents/same.md").chmod(0o600)
    why = {
        planned.item.uri: planned.why for planned in dry_run(read_settings(settings)).plan.documents
    }
    assert why["edited.md"] == (
        "its change time is another, its size and modification time are the same"
    )
    assert advice(settings, "edited.md").endswith("`vouch ingest` ingests the change")
    record = run(settings)
    assert current(settings) == CHANGED
    assert record.accounting.published == len(CHANGED)
    assert items_by_stage(record)["parse"] == len(CHANGED)
    assert run(settings).status is Status.UNCHANGED


def test_files_that_an_earlier_version_indexed_are_read_once_and_the_plan_says_why(
    tmp_path: Path, tiny_model: Path, caplog: pytest.LogCaptureFixture
):
    settings = project(tmp_path, tiny_model, compare="modified")
    assert all(row["etag"] is None for row in indexed(settings, "documents", "etag"))
    settings = configure(tmp_path, tiny_model, source={"compare": "change_time"})
    edit(tmp_path / "documents/edited.md")
    plan = dry_run(read_settings(settings)).plan
    assert {planned.why for planned in plan.documents} == {
        "the index does not have its change time yet, so it is read once"
    }
    record = run(settings)
    assert f"{plan.size} files are read once" in caplog.text
    assert current(settings) == {"edited.md"}
    assert items_by_stage(record)["parse"] == 1
    assert run(settings).status is Status.UNCHANGED


def test_a_source_that_compares_content_reads_every_file_and_commits_what_changed(
    tmp_path: Path, tiny_model: Path
):
    settings = project(tmp_path, tiny_model, compare="content")
    write(settings, "broken.json", "{")
    assert run(settings).accounting.rejected == 1
    before = tables(settings).versions()
    record = run(settings)
    assert record.status is Status.UNCHANGED
    assert tables(settings).versions() == before
    assert items_by_stage(record)["fetch"] == len(CHANGED) + 2
    assert "parse" not in items_by_stage(record)
    change(settings)
    assert advice(settings, "edited.md").endswith("`vouch ingest` ingests the change")
    assert run(settings).accounting.published == len(CHANGED)
    assert current(settings) == CHANGED


def test_trace_names_a_command_that_does_it_where_ingest_would_not(
    tmp_path: Path, tiny_model: Path
):
    settings = project(tmp_path, tiny_model, compare="modified")
    change(settings)
    assert run(settings).status is Status.UNCHANGED
    for uri in ("edited.md", "#1 [draft].md"):
        proposal = advice(settings, uri)
        assert "`vouch ingest` does not notice" in proposal
        assert "`compare: content`" in proposal
        (command,) = re.findall(r"`(vouch backfill .*?)`", proposal)
        _, *arguments = shlex.split(command)
        done = CliRunner().invoke(app, ["--config", str(settings), *arguments, "--runner", "local"])
        assert done.exit_code == 0, done.output
        assert uri in current(settings)
    assert current(settings) == {"edited.md", "#1 [draft].md"}


def test_a_row_before_the_cursor_is_read_again_by_what_trace_names(
    tmp_path: Path, tiny_model: Path
):
    (tmp_path / "rows.csv").write_text("id,text,changed\n1,forty tonnes of crane,1\n2,other,2\n")
    table = {
        "kind": "table", "path": "rows.csv", "key": ["id"], "text": "{{ text }}",
        "cursor": "changed",
    }  # fmt: skip
    settings = configure(tmp_path, tiny_model, source=table)
    run(settings)
    (tmp_path / "rows.csv").write_text("id,text,changed\n1,fifty tonnes of crane,1\n2,other,2\n")
    assert run(settings).status is Status.UNCHANGED
    row = "rows.csv#key/id=1"
    proposal = advice(settings, row)
    assert "before the cursor" in proposal
    assert "vouch backfill --source docs" in proposal
    backfill(config=str(settings), sources=["docs"], path="/rows.csv#key/id=1")
    assert "fifty" in texts(settings)[row][0]


def test_trace_says_that_a_run_takes_a_filtered_document_out(tmp_path: Path, tiny_model: Path):
    settings = project(tmp_path, tiny_model)
    edit(tmp_path / "documents/edited.md")
    settings = configure(tmp_path, tiny_model, source={"exclude": ["edited.md"]})
    assert "takes it out of the index" in advice(settings, "edited.md")


def test_the_checksum_of_a_zips_member_shows_its_change(tmp_path: Path, tiny_model: Path):
    def pack(text: str) -> None:
        with zipfile.ZipFile(tmp_path / "docs.zip", "w") as archive:
            archive.writestr(zipfile.ZipInfo("a.md"), text)

    pack(FORTY)
    settings = configure(tmp_path, tiny_model, source={"path": "docs.zip"})
    run(settings)
    pack(FIFTY)
    run(settings)
    assert current(settings) == {"a.md"}


def test_settings_name_the_ways_to_compare():
    source = {"name": "docs", "path": "docs"}
    assert Settings.model_validate({"sources": [source]}).sources[0].compare == "change_time"  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="compare"):
        Settings.model_validate({"sources": [source | {"compare": "size"}]})
