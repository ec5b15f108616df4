"""Binary Word and PowerPoint files: converted by LibreOffice, rejected where it is missing."""

import os
import stat
from pathlib import Path

import pytest

from tests.parsers.binary_files import data_of, parse, typed_texts, zipped
from vouch.parsers.office import legacy_office
from vouch.schemas.errors import DocumentRejected

HAS_LIBREOFFICE = legacy_office.find_program() is not None


@pytest.fixture
def converter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Put a shell script called soffice on the path, and no other program of that name."""

    def install(script: str) -> None:
        program = tmp_path / "soffice"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(program.stat().st_mode | stat.S_IEXEC)
        monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path), "/usr/bin", "/bin"]))

    return install


@pytest.mark.skipif(not HAS_LIBREOFFICE, reason="LibreOffice is not installed")
def test_a_real_file_is_converted():
    document = parse(data_of("fake.doc"), "fake.doc")
    assert typed_texts(document) == [("paragraph", "Lorem ipsum dolor sit amet.")]


def test_without_libreoffice_the_rejection_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        DocumentRejected, match=r"needs_libreoffice.*libreoffice-writer.*save the file as .docx"
    ):
        parse(data_of("fake.doc"), "fake.doc")


def test_a_converter_that_hangs_is_killed_with_its_children(converter, monkeypatch, tmp_path):
    # Its child writes to a pipe that the test holds: it ends with the last writer.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    converter(f"sleep 600 > {pipe} & wait")
    monkeypatch.setattr(legacy_office, "TIMEOUT_S", 0.5)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(DocumentRejected, match="parser_timeout"):
            parse(data_of("fake.doc"), "fake.doc")
        os.set_blocking(reader, True)
        assert os.read(reader, 1) == b""
    finally:
        os.close(reader)


def test_a_converter_without_output_means_a_damaged_file(converter):
    converter("exit 0")
    with pytest.raises(DocumentRejected, match=r"malformed.*LibreOffice could not read"):
        parse(data_of("fake.doc"), "fake.doc")


def test_the_converted_file_is_read_with_the_metadata_of_the_original(converter, tmp_path):
    xml = (
        '<w:document xmlns:w="w"><w:body><w:p><w:r><w:t>Converted</w:t></w:r></w:p></w:body>'
        "</w:document>"
    )
    (tmp_path / "ready.docx").write_bytes(zipped({"word/document.xml": xml}))
    converter(f"mkdir -p out && cp {tmp_path}/ready.docx out/source.docx")
    document = parse(data_of("fake.doc"), "fake.doc")
    assert typed_texts(document) == [("paragraph", "Converted")]
    assert document.metadata.created is not None


def test_a_password_is_detected_before_a_program_is_started(monkeypatch, tmp_path):
    data = bytearray(data_of("fake.doc"))
    head = data.index(b"\xec\xa5")  # the file information block of a Word file
    data[head + 11] |= 0x01
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DocumentRejected, match="encrypted"):
        parse(bytes(data), "fake.doc")


def test_a_file_that_is_no_ole_container_is_malformed():
    with pytest.raises(DocumentRejected, match="malformed"):
        parse(b"not a binary Office file", "a.doc")
