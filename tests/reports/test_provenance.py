"""Provenance as W3C PROV: whole, and the same when it is read again."""

from pathlib import Path

import pytest
from prov.model import ProvDerivation, ProvDocument, ProvEntity

from tests.flows.steps import run, tables, write
from vouch.index.lineage.trace import origin
from vouch.index.store.run_log import newest_published, published_before
from vouch.index.store.tables import rows
from vouch.reports.provenance import chunk_provenance, run_provenance

pytestmark = pytest.mark.usefixtures("prefect_server")
MAIL = (
    b"Subject: Tea\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n"
    b"See what is attached.\r\n--x\r\nContent-Type: text/markdown\r\nContent-Disposition: attachment; filename=tea.md\r\n\r\n"
    b"# Tea\n\nSteep it for two minutes.\r\n--x--\r\n"
)


@pytest.fixture
def settings(project, tiny_model: Path) -> Path:
    return project(
        {"mail.eml": MAIL, "b.md": "# Beta\n\nA text."}, f"embedding: {{model: {tiny_model}}}\n"
    )


def again(document: ProvDocument) -> ProvDocument:
    return ProvDocument.deserialize(content=document.serialize())


def test_a_chunk_of_an_attachment_leads_to_the_file_that_it_came_in(settings: Path):
    record = run(settings)
    held = tables(settings)
    (chunk,) = [
        row
        for row in rows(held.chunks, ["chunk_id", "uri", "text"]).to_pylist()
        if "tea.md" in row["uri"]
    ]
    document = chunk_provenance(origin(held, chunk["chunk_id"]))
    assert again(document) == document
    derived = {str(one.args[0]): str(one.args[1]) for one in document.get_records(ProvDerivation)}
    way = [f"vouch:chunk/{chunk['chunk_id']}"]
    while way[-1] in derived:
        way.append(derived[way[-1]])
    assert [step.split("/")[0] for step in way] == [
        "vouch:chunk",
        "vouch:text",
        "vouch:file",
        "vouch:file",
    ]
    told = {str(one.identifier): one for one in document.get_records(ProvEntity)}
    assert [*told[way[0]].value] == [chunk["text"]]
    assert told[way[-1]].get_attribute("vouch:uri") == {"mail.eml"}
    assert f"vouch:run/{record.run_id}/embed" in document.serialize()


def test_a_run_is_a_revision_of_the_state_before(settings: Path):
    first = run(settings)
    write(settings, "b.md", "# Beta\n\nAnother text.")
    second = newest_published(tables(settings)) if run(settings) else None
    assert second is not None
    (before,) = published_before(tables(settings), second.run_id, 1)
    document = run_provenance(second, before)
    assert again(document) == document
    (revision,) = document.get_records(ProvDerivation)
    assert [str(one) for one in revision.args[:2]] == [
        f"vouch:state/{second.run_id}",
        f"vouch:state/{first.run_id}",
    ]
