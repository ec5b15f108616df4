"""Kinds of files that public test collections have, each made here in small.

What no parser reads must not pass for text; a sentence reports what is wrong with a file, with what
to do, and never in the words of Python alone.
"""

import errno
import io
import json
import re
import resource
import subprocess
import sys
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vouch.chunkers.chunker import chunk
from vouch.parsers.failures import rejected_for
from vouch.parsers.format_names import describe, is_telling
from vouch.parsers.registry import read
from vouch.schemas.documents.advice import ADVICE, with_advice
from vouch.schemas.documents.records import Reason, Tokens
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.chunking import ChunkingSettings

_KEY = b"-----BEGIN PRIVATE KEY-----\nMIIEvgIBADANBgkqhkiG9w0B\nAQ==\n-----END PRIVATE KEY-----\n"
_CERTIFICATE = _KEY.replace(b"PRIVATE KEY", b"CERTIFICATE")
NO_TEXTS = {
    "drawing.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n", "PostScript"),
    "page.txt": (b"\x04%!PS-Adobe-2.0\nshowpage\n", "PostScript"),
    "type1.pfa": (b"%!PS-AdobeFont-1.0: Utopia\n/FontName /Utopia def\n", "PostScript"),
    "server.key": (_KEY, "certificate or key"),
    "chain.pem": (b"\n" + _CERTIFICATE + b"\n" + _CERTIFICATE + _KEY, "certificate or key"),
    "array.npy": (
        b"\x93NUMPY\x01\0\x46\0{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }"
        + b" " * 12,
        "NumPy",
    ),
    "picture.pgm": (b"P2\n# made by hand\n3 2\n255\n0 10 20\n30 40 50\n", "Netpbm"),
    "picture.xpm": (b'/* XPM */\nstatic char *a[] = {\n"1 1 1 1",\n"a c red",\n"a"};\n', "XPM"),
    "picture.fits": (b"SIMPLE  =                    T / file conforms\nEND" + b" " * 99, "FITS"),
    "font.bdf": (b"STARTFONT 2.1\nFONT fixed\nSIZE 16 75 75\nENDFONT\n", "bitmap font"),
    "font.afm": (b"StartFontMetrics 4.1\nFontName Utopia\nEndFontMetrics\n", "metrics"),
}


def rejection(data: bytes, name: str) -> DocumentRejected:
    with pytest.raises(DocumentRejected) as raised:
        read(data, name)
    return raised.value


@pytest.mark.parametrize("name", NO_TEXTS)
def test_formats_written_in_letters_are_no_texts(name: str):
    data, words = NO_TEXTS[name]
    rejected = rejection(data, name)
    assert rejected.reason == Reason.UNSUPPORTED_TYPE
    assert words in rejected.message
    assert "; " in rejected.message


@pytest.mark.parametrize(
    "text",
    [
        "P2 of the report, 3 4 5\n",
        "P1 10 11 is a room.\n",
        "-----BEGIN PRIVATE KEY----- is how a key begins.\n",
        _CERTIFICATE.decode() + "is the certificate of the server.\n",
        "Simple = easy\n",
        "STARTFONT is a keyword.\n",
        "100 % !PS\n",
    ],
)
def test_texts_that_look_like_such_formats_stay_texts(text: str):
    assert read(text.encode(), "notes.txt").document.text.strip()


def test_code_with_a_zero_byte_is_code():
    data = b"# The name of the program, and where it is.\nname = 'a'\npath = '/usr/bin'\0\n" * 9
    assert read(data, "settings.toml").media_type == "text/x-source"


@given(st.integers(0, 5_000), st.sampled_from([b"\0", b"\xff", b"\xff\xf9", b"\x02\xfe"]))
def test_data_of_an_unknown_format_are_given_no_name(size: int, piece: bytes):
    """Zeros are the signature of an embroidery machine, to those who go by it."""
    words = describe(piece + b"\0" * size, "data", "application/octet-stream")
    assert words.startswith("no parser reads data of an unknown format; ")


def test_what_a_signature_is():
    assert is_telling(b"DICM")
    assert not is_telling(b"\0" * 16)
    assert not is_telling(b"\xff\xf9")


def notebook(**changes: object) -> bytes:
    cell = {"cell_type": "markdown", "source": ["# A title\n", "and a text"], "metadata": {}}
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": [cell], **changes}).encode()


@pytest.mark.parametrize("metadata", ["words", 7, [1], {"kernelspec": "x"}, {"authors": {"a": 1}}, {"authors": [1]}, None])  # fmt: skip
def test_a_notebook_is_read_whatever_its_metadata_are(metadata: object):
    assert "A title" in read(notebook(metadata=metadata), "a.ipynb").document.text


def test_a_damaged_cell_costs_itself_alone():
    sound = {"cell_type": "code", "source": "answer = 42", "outputs": [{"text": ["42"]}]}
    damaged = [{}, 7, None, {"cell_type": "code", "source": 5}, {"source": "no type"}]
    damaged += [{"cell_type": "code", "source": "a", "outputs": [{"text": 5}]}]
    document = read(notebook(cells=[*damaged, sound]), "a.ipynb").document
    assert "answer = 42" in document.text
    assert dict(document.metadata.extra)["damaged_parts"][:2] == ("cell 1", "cell 2")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"nbformat": 4', Reason.MALFORMED),
        (b'["nbformat"]', Reason.MALFORMED),
        (b'{"nbformat": 4}', Reason.MALFORMED),
        (b'{"nbformat": 4, "cells": 7}', Reason.MALFORMED),
        (b'{"nbformat": 3, "worksheets": [{}]}', Reason.MALFORMED),
        (b'{"nbformat": 4, "cells": [{}, {}]}', Reason.MALFORMED),
        (b'{"nbformat": 4, "cells": []}', Reason.NO_TEXT),
        (b'{"nbformat": 4, "cells": ' + b"[" * 100_000, Reason.UNSAFE),
    ],
)
def test_what_is_no_notebook_is_reported_in_words(data: bytes, reason: Reason):
    rejected = rejection(data, "a.ipynb")
    assert rejected.reason == reason
    assert not re.search(r"[A-Z]\w+Error|NoneType", rejected.message)


_MACRO_SHEET = "http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook_with_macros() -> bytes:
    """Return a workbook with a sheet of Excel 4 macros before one with cells."""
    sheet = f'<worksheet xmlns="{_MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr">' + (
        "<is><t>%s</t></is></c></row></sheetData></worksheet>"
    )
    members = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}">'
        f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Macro" sheetId="1" r:id="r1"/><sheet name="Cells" sheetId="2" r:id="r2"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELATIONS}">'
        f'<Relationship Id="r1" Type="{_MACRO_SHEET}" Target="macrosheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        "</Relationships>",
        "xl/macrosheets/sheet1.xml": sheet % "=EXEC(&quot;calc&quot;)",
        "xl/worksheets/sheet1.xml": sheet % "A sound cell",
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        for name, content in members.items():
            package.writestr(name, content)
    return stream.getvalue()


def test_the_cells_beside_excel_4_macros_are_read():
    text = read(workbook_with_macros(), "a.xlsm").document.text
    assert "A sound cell" in text
    assert "EXEC" not in text


FAILURES = [
    (IndexError("list index out of range"), Reason.PARSER_ERROR),
    (KeyError("word"), Reason.PARSER_ERROR),
    (AttributeError("'NoneType' object has no attribute 'get'"), Reason.PARSER_ERROR),
    (AssertionError(), Reason.PARSER_ERROR),
    (zlib.error("Error -3 while decompressing data"), Reason.MALFORMED),
    (zipfile.BadZipFile("Bad magic number for central directory"), Reason.MALFORMED),
    (EOFError("Compressed file ended"), Reason.MALFORMED),
    (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), Reason.MALFORMED),
    (OSError("incorrect OLE sector index"), Reason.MALFORMED),
    (OSError(errno.ENOSPC, "No space left on device"), Reason.PARSER_CRASHED),
    (OSError(errno.EMFILE, "Too many open files"), Reason.PARSER_CRASHED),
    (PermissionError(errno.EACCES, "Permission denied"), Reason.PARSER_CRASHED),
]


@pytest.mark.parametrize(("error", "reason"), FAILURES, ids=lambda value: type(value).__name__)
def test_errors_of_libraries_are_put_in_words(error: Exception, reason: Reason):
    rejected = rejected_for(error, "pandoc")
    assert rejected.reason == reason
    message = with_advice(rejected.reason, rejected.message)
    assert message.split("; ")[0] not in (str(error), f"{type(error).__name__}: {error}")
    assert re.match(r"(the|this) [a-z ]+", message)
    assert "; " in message


def test_a_long_error_does_not_fill_the_quarantine():
    assert len(rejected_for(ValueError("x" * 100_000), "pdf").message) < 500


@given(st.sampled_from(sorted(ADVICE)), st.text(max_size=50))
def test_messages_end_in_what_to_do(reason: str, message: str):
    advised = with_advice(reason, message)
    assert "; " in advised
    assert advised == with_advice(reason, advised)


def test_every_reason_of_a_document_has_an_advice():
    by_rules = {Reason.CONTRACT, Reason.POLICY, Reason.EXCLUDED, Reason.TOO_LARGE, Reason.HIDDEN}
    by_rules |= {Reason.OUTSIDE_ROOT, Reason.LINKED_FOLDER, Reason.SPECIAL_FILE, Reason.BAD_NAME}
    by_rules |= {Reason.NO_KEY, Reason.DOUBLED_KEY}
    assert set(ADVICE) == set(Reason) - by_rules


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of processes")
def test_programs_start_under_limits_that_are_lower_than_theirs():
    """Whoever runs Vouch under `ulimit` gets no documents that are blamed for it."""
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_CPU, (50, 60));"
        "from vouch.parsers.common.subprocesses import run_bounded;"
        "print(run_bounded(['sh', '-c', 'ulimit -t'], b'', cpu_s=1000).stdout.decode())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert int(done.stdout) <= 60
    assert resource.getrlimit(resource.RLIMIT_CPU)[0] != 50


class Words:
    """A tokenizer of words that notes how much it was given at once."""

    fingerprint = "words"
    special_tokens = 0

    def __init__(self) -> None:
        self.most = 0

    def tokens(self, text: str) -> Tokens:
        self.most = max(self.most, len(text))
        return Tokens([match.span() for match in re.finditer(r"\S+", text)])


@pytest.mark.parametrize("text", ["word " * 130_000, "x" * 650_000, "a line\n" * 90_000])
def test_a_large_text_without_paragraphs_is_tokenized_in_pieces(text: str):
    """A log of 12 MB made two million tokens at once, and its worker ran out of memory."""
    document = read(text.encode(), "large.txt").document
    words = Words()
    chunks = chunk(document, ChunkingSettings(), words)
    assert words.most <= 200_000
    assert sum(len(piece.text.split()) for piece in chunks) >= len(text.split())
    assert all(piece.token_count <= 160 for piece in chunks)


def test_what_libraries_print_in_a_worker_reaches_no_terminal():
    code = (
        "from vouch.workers.sandbox import _be_silent as silent\nimport os\nsilent()\n"
        "print('\\x1b[31mred', flush=True); os.write(2, b'memory allocation of 9 bytes failed')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == done.stderr == b""
