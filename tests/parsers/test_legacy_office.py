"""Old Office files: LibreOffice where it is, and a plain word where it is not."""

import os
import stat
import time
from pathlib import Path

import pytest

from tests.parsers.binary_files import data_of, parse, typed_texts, zipped
from vouch.parsers.office import legacy_office
from vouch.schemas.errors import DocumentRejected

HAS_LIBREOFFICE = legacy_office.find_program() is not None


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Puts a program called soffice on the path, and nothing else of that name."""
    program = folder / "soffice"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder), "/usr/bin", "/bin"]))


@pytest.mark.skipif(not HAS_LIBREOFFICE, reason="LibreOffice is not installed")
def test_a_real_file_is_converted():
    document = parse(data_of("fake.doc"), "fake.doc")
    assert typed_texts(document) == [("paragraph", "Lorem ipsum dolor sit amet.")]


def test_without_libreoffice_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        DocumentRejected, match=r"needs_libreoffice.*libreoffice-writer.*save the file as .docx"
    ):
        parse(data_of("fake.doc"), "fake.doc")


def test_a_converter_that_hangs_is_stopped_with_its_children(monkeypatch, tmp_path):
    stand_in(tmp_path, monkeypatch, f"sleep 60 & echo $! > {tmp_path}/child; wait")
    monkeypatch.setattr(legacy_office, "TIMEOUT_S", 0.5)
    with pytest.raises(DocumentRejected, match="parser_timeout"):
        parse(data_of("fake.doc"), "fake.doc")
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 30  # a killed process goes when the machine has time for it
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(child)


def is_alive(process: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


def test_a_converter_that_gives_nothing_means_a_damaged_file(monkeypatch, tmp_path):
    stand_in(tmp_path, monkeypatch, "exit 0")
    with pytest.raises(DocumentRejected, match=r"malformed.*LibreOffice could not read"):
        parse(data_of("fake.doc"), "fake.doc")


def test_what_the_converter_writes_is_read_and_the_files_own_metadata_kept(monkeypatch, tmp_path):
    xml = '<w:document xmlns:w="w"><w:body><w:p><w:r><w:t>Converted</w:t></w:r></w:p></w:body></w:document>'
    (tmp_path / "ready.docx").write_bytes(zipped({"word/document.xml": xml}))
    stand_in(tmp_path, monkeypatch, f"mkdir -p out && cp {tmp_path}/ready.docx out/source.docx")
    document = parse(data_of("fake.doc"), "fake.doc")
    assert typed_texts(document) == [("paragraph", "Converted")]
    assert document.metadata.created is not None


def test_a_password_is_told_before_anything_is_run(monkeypatch, tmp_path):
    data = bytearray(data_of("fake.doc"))
    head = data.index(b"\xec\xa5")  # the file information block of a Word file
    data[head + 11] |= 0x01
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DocumentRejected, match="encrypted"):
        parse(bytes(data), "fake.doc")


def test_what_is_no_ole_file_is_malformed():
    with pytest.raises(DocumentRejected, match="malformed"):
        parse(b"not an old Office file", "a.doc")
