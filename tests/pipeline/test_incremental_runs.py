"""Runs over an index: what has changed is processed, from the stage on that has changed."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem

from tests.pipeline.sample_documents import DOCUMENTS, MAIL_WITHOUT_ATTACHMENT
from tests.pipeline.steps import indexed, items_by_stage, run, tables, texts, write
from vouch.index.store.lookups import indexed_documents
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.planning.dry_run import dry_run
from vouch.pipeline.planning.saved_plan import SavedPlan
from vouch.schemas.boundary import Boundary, Side, install
from vouch.schemas.errors import BudgetExceeded, IndexError_, MassDeleteRefused, PlanStale
from vouch.schemas.runs.record import Status

PUBLISHED = {"a.md", "b.md", "c.md", "data.json", "mail/lease.eml"}
ATTACHED = "mail/lease.eml#attachment/1/lease.md"


def change_settings(settings: Path, **sections: dict[str, Any]) -> None:
    """Add keys to sections of the settings."""
    content = json.loads(settings.read_text())
    for name, section in sections.items():
        content[name] = content.get(name, {}) | section
    settings.write_text(json.dumps(content))


def documents(settings: Path, column: str) -> dict[str, Any]:
    """Return a column of the documents table, by uri."""
    return {row["uri"]: row[column] for row in indexed(settings, "documents", "uri", column)}


def test_a_run_with_nothing_to_do_makes_no_version_and_loads_no_model(published: Path):
    before = tables(published).versions()
    record = run(published)
    assert record.status is Status.UNCHANGED
    assert record.change_counts == {"unchanged": 5, "held": 1}
    assert tables(published).versions() == before
    assert set(items_by_stage(record)) == {"list", "plan"}


def test_equal_bytes_with_another_time_are_read_once_and_not_parsed(published: Path):
    os.utime(published.parent / "documents/a.md", (1, 1))
    record = run(published)
    assert items_by_stage(record)["fetch"] == 1
    assert "parse" not in items_by_stage(record)
    assert (record.accounting.unchanged, record.accounting.published) == (6, 0)
    # The index has the new time now.
    assert set(items_by_stage(run(published))) == {"list", "plan"}


def test_a_run_processes_just_what_has_changed(published: Path):
    before = {row["chunk_id"]: row for row in indexed(published, "chunks", "chunk_id", "run_id")}
    write(published, "a.md", str(DOCUMENTS["a.md"]).replace("first", "very first"))
    write(published, "new.md", "# New\n\nSomething new.")
    (published.parent / "documents/b.md").unlink()
    (published.parent / "documents/mail/lease.eml").touch()
    record = run(published)
    assert record.change_counts == {
        "changed": 2, "new": 1, "removed": 1, "held": 1, "unchanged": 2,
    }  # fmt: skip
    sums = record.accounting
    assert sums.problems() == []
    assert (sums.published, sums.unchanged, sums.removed) == (2, 4, 1)
    assert sums.vectors_computed == 2
    published_texts = texts(published)
    assert set(published_texts) == PUBLISHED - {"b.md"} | {"new.md", ATTACHED}
    assert "very first" in published_texts["a.md"][0]
    after = indexed(published, "chunks", "chunk_id", "run_id", "uri")
    for row in after:
        is_old = row["uri"] not in ("a.md", "new.md")
        assert is_old == (before.get(row["chunk_id"], {}).get("run_id") == row["run_id"])
    assert run(published).status is Status.UNCHANGED


def test_a_rename_embeds_nothing_and_is_reported(published: Path):
    folder = published.parent / "documents"
    (folder / "a.md").rename(folder / "moved.md")
    record = run(published)
    sums = record.accounting
    assert (sums.renamed, sums.removed, sums.vectors_computed) == (1, 1, 0)
    assert "embed" not in items_by_stage(record)
    renames = [change for change in record.changes if change.action == "renamed"]
    assert [(change.uri, change.why) for change in renames] == [("moved.md", "from a.md")]
    former = documents(published, "renamed_from")
    assert {uri for uri in former if former[uri]} == {"moved.md"}
    # The former name stays with the document when it is edited.
    write(published, "moved.md", "# Alpha\n\nEdited later.")
    run(published)
    assert documents(published, "renamed_from")["moved.md"] == "a.md"


def test_a_document_that_breaks_loses_its_chunks_until_it_is_fixed(published: Path):
    """And an attachment that is no longer attached goes with its chunks."""
    write(published, "data.json", '{"title": ')
    (published.parent / "documents/mail/lease.eml").write_bytes(MAIL_WITHOUT_ATTACHMENT)
    broken = run(published)
    assert broken.accounting.chunks_removed >= 2
    assert broken.accounting.removed == 1
    assert set(texts(published)) == {"a.md", "b.md", "c.md", "mail/lease.eml"}
    assert ATTACHED not in documents(published, "status")
    assert documents(published, "status")["data.json"] == "quarantined"
    write(published, "data.json", '{"title": "Delta", "text": "the second version"}')
    write(published, "broken.json", '{"title": "Epsilon", "text": "no longer broken"}')
    assert run(published).accounting.published == 2
    assert indexed(published, "quarantine", "uri") == []
    assert "the second version" in texts(published)["data.json"][0]


def test_a_changed_chunking_is_redone_from_the_stored_text(published: Path):
    long = "# Long\n\n" + " ".join(f"Sentence {n} is not much like another." for n in range(40))
    write(published, "a.md", long)
    before = run(published).accounting.chunks_published
    change_settings(published, chunking={"max_tokens": 64})
    plan = dry_run(read_settings(published)).plan
    assert {planned.why for planned in plan.documents if planned.from_text} == {
        "the chunking has changed"
    }
    record = run(published)
    assert record.change_counts == {"reprocess": 5, "held": 1}
    assert not {"fetch", "parse"} & set(items_by_stage(record))
    assert record.accounting.chunks_published > before
    # Only the texts that are cut in another way are embedded.
    assert record.accounting.vectors_reused >= 5
    assert run(published).status is Status.UNCHANGED


def test_a_changed_contract_checks_the_stored_text_and_embeds_nothing(published: Path):
    change_settings(published, contracts={"chunks": {"min_chars": 2}})
    record = run(published)
    assert {change.why for change in record.changes} == {
        "the contract or the types of metadata have changed"
    }
    assert not {"fetch", "parse", "embed"} & set(items_by_stage(record))


def test_a_changed_parser_redoes_its_documents_and_those_that_contain_them(published: Path):
    earlier = {"where": "parser = 'markdown'", "values": {"parse_fingerprint": "an earlier one"}}
    tables(published).documents.update(**earlier)
    record = run(published)
    assert {change.uri: change.why for change in record.changes} == {
        "a.md": "the markdown parser has changed",
        "b.md": "the markdown parser has changed",
        "c.md": "the markdown parser has changed",
        "mail/lease.eml": "the markdown parser has changed (in #attachment/1/lease.md)",
    }
    assert record.accounting.unchanged == 1
    assert run(published).status is Status.UNCHANGED


def test_a_missing_document_is_kept_until_its_grace_has_passed(
    published: Path, pass_time: Callable[[timedelta], None]
):
    change_settings(published, index={"delete_grace_h": 48})
    file = published.parent / "documents/a.md"
    file.unlink()
    record = run(published)
    sums = record.accounting
    assert (sums.missing, sums.removed, record.change_counts["missing"]) == (1, 0, 1)
    assert sums.problems() == []
    assert "a.md" in texts(published)
    assert run(published).status is Status.UNCHANGED
    # It is searched, so it is chunked again with all other documents.
    change_settings(published, chunking={"max_tokens": 64})
    record = run(published)
    assert (record.accounting.published, record.accounting.missing) == (6, 1)
    generations = indexed(published, "chunks", "chunk_fingerprint")
    assert len({row["chunk_fingerprint"] for row in generations}) == 1
    until = documents(published, "remove_after")
    assert {uri for uri in until if until[uri]} == {"a.md"}
    write(published, "a.md", str(DOCUMENTS["a.md"]))
    assert run(published).accounting.missing == 0
    assert set(documents(published, "remove_after").values()) == {None}
    file.unlink()
    run(published)
    pass_time(timedelta(hours=49))
    assert run(published).accounting.removed == 1
    assert "a.md" not in texts(published)


def test_a_listing_that_lacks_documents_removes_nothing(published: Path, monkeypatch):
    before = texts(published)
    list_folder = LocalFileSystem.ls

    def fail_below(folder: str) -> Callable[..., Any]:
        def ls(self, path, detail=False, **options):
            if str(path).endswith(folder):
                raise OSError(5, "Input/output error")
            return list_folder(self, path, detail, **options)

        return ls

    for folder in ("mail", "documents"):
        monkeypatch.setattr(LocalFileSystem, "ls", fail_below(folder))
        record = run(published)
        assert (record.accounting.removed, record.sources[0].complete) == (0, False)
    change_settings(published, index={"max_delete_share": 0.5})
    monkeypatch.setattr(LocalFileSystem, "ls", lambda *_, **__: [])
    with pytest.raises(MassDeleteRefused, match="would remove 5 of 5"):
        run(published)
    assert texts(published) == before


def test_a_mass_delete_takes_a_person_s_word(published: Path):
    change_settings(published, index={"max_delete_share": 0.2})
    for name in ("a.md", "b.md"):
        (published.parent / "documents" / name).unlink()
    before = texts(published)
    with pytest.raises(MassDeleteRefused, match="would remove 2 of 5 published documents"):
        run(published)
    assert texts(published) == before
    assert run(published, allow_mass_delete=True).accounting.removed == 2
    assert set(texts(published)) == {"c.md", "data.json", "mail/lease.eml", ATTACHED}


def test_a_saved_plan_is_done_once(published: Path):
    write(published, "new.md", "# New\n\nSomething new.")
    file = read_settings(published)
    plan = published.parent / "plan.json"
    SavedPlan.of(dry_run(file).plan, file.sha256).write(plan)
    assert run(published, plan=str(plan)).accounting.published == 1
    with pytest.raises(PlanStale, match=r"1 documents differ .*new\.md: new, now unchanged"):
        run(published, plan=str(plan))


@pytest.mark.parametrize("limit", [{"max_documents": 1}, {"max_tokens": 5}])
def test_a_plan_beyond_a_limit_is_refused_before_anything_is_read(published: Path, limit):
    for number in range(2):
        write(published, f"new-{number}.md", f"# New\n\nNumber {number}.")

    def refuse(boundary: Boundary, side: Side) -> None:
        assert boundary is not Boundary.FETCH_AND_PARSE

    with install(refuse), pytest.raises(BudgetExceeded, match="nothing was spent"):
        run(published, **limit)


def test_the_token_limit_holds_for_what_is_really_embedded(published: Path):
    """One document of many bytes and one chunk makes the estimate for the next one too low."""
    write(published, "padded.html", f"<p>Few words.</p><!-- {'padding ' * 50_000} -->")
    run(published)
    before = texts(published)
    write(published, "long.md", " ".join(f"word{number}" for number in range(1_000)))
    assert dry_run(read_settings(published)).estimate.tokens < 200
    with pytest.raises(BudgetExceeded, match="finished shards are reused"):
        run(published, max_tokens=200)
    assert texts(published) == before


def test_an_index_of_version_0_8_0_is_planned_and_run_as_it_is(published: Path):
    old = tables(published)
    old.documents.drop_columns(["read_chars", "left_out_chars"])
    old.quarantine.drop_columns(["part"])
    assert dry_run(read_settings(published)).plan.counts == {"unchanged": 5, "held": 1}
    write(published, "new.md", "# New\n\nA new document.")
    record = run(published)
    assert record.left_out.documents == 1
    counted = {
        row["uri"]
        for row in indexed(published, "documents", "uri", "read_chars")
        if row["read_chars"] is not None
    }
    assert counted == {"new.md"}


def test_an_index_of_an_early_version_is_brought_up_to_date(published: Path):
    old = tables(published)
    old.documents.drop_columns(
        ["structure", "canonical_sha256", "check_fingerprint", "renamed_from", "remove_after"]
    )
    old.chunks.drop_columns(["vector_sha256"])
    old.quarantine.drop_columns(["rule_fingerprint", "parked"])
    with pytest.raises(IndexError_, match="was made by an earlier version of Vouch"):
        dry_run(read_settings(published))
    record = run(published)
    assert record.change_counts == {"reprocess": 5, "retry": 1}
    assert items_by_stage(record)["parse"] == 6
    assert record.accounting.vectors_computed == 0
    assert None not in {
        row["check_fingerprint"]
        for row in indexed_documents(tables(published)).iter_rows(named=True)
        if row["status"] == "published"
    }
    assert run(published).status is Status.UNCHANGED
