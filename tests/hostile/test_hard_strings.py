"""Text as attackers write it: any hard string is read or rejected, in linear time and memory.

Time is measured as the processor's, by a limit that ends a process: a busy machine changes nothing.
All strings at a megabyte are in `tests/soak/test_hard_strings.py`.
"""

import json
import subprocess
import sys

import pytest

from tests.hostile.hard_strings import BYTES, STRINGS
from tests.hostile.hard_targets import BY_PANDOC, BYTE_TARGETS, FORMATS, TARGETS
from tests.parsers.proofs import prove, prove_chunks
from vouch.parsers.registry import read
from vouch.schemas.documents.records import Document, Reason
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.chunking import ChunkingSettings
from vouch.validators.policy import find

SIZE = 60_000  # characters
SMALL = 300
CPU_S = 20  # what took quadratic time took minutes at this size
# What once took quadratic time or memory, each by the reader or rule that did.
ONCE_QUADRATIC = (
    "clean=combining marks out of order",
    "read html=combining marks of all classes",
    "read md=images",
    "read md=square brackets",
    "read md=dotted fields of TOML",
    "read md=deep fields",
    "read md=blanks in fields",
    "read rst=hyphenated word",
    "read rst=colons with words",
    "read rst=times",
    "read rst=local part of hyphens",
    "read rst=footnotes that are numbered",
    "read html=spans of cells",
    "read html=list items in HTML",
    "read csv=rows that span columns*",
    "read csv=notes below a table",
    "read json=escaped quotation marks",
    "rule find_phones=phone numbers",
)
LIMITS = ChunkingSettings()


def test_what_took_quadratic_time_takes_linear_time():
    command = [sys.executable, "-m", "tests.hostile.hard_targets", str(SIZE), str(CPU_S)]
    ran = subprocess.run([*command, *ONCE_QUADRATIC], capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 0, f"ended in {lines[-1:]}: {ran.stderr[-500:]}"
    assert len(lines) >= 2 * len(ONCE_QUADRATIC)


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in BY_PANDOC])
def test_every_hard_string_is_read_or_rejected(name: str):
    for string in STRINGS:
        assert TARGETS[f"read {name}"](STRINGS[string](SMALL)) != Reason.PARSER_ERROR, string
    for string in BYTES:
        assert BYTE_TARGETS[f"read {name}"](BYTES[string](SMALL)) != Reason.PARSER_ERROR, string


@pytest.mark.parametrize(
    "target",
    [name for name in TARGETS if not name.startswith(("read", "chunk"))],
)
def test_every_hard_string_passes_every_rule(target: str):
    for string in STRINGS:
        TARGETS[target](STRINGS[string](SMALL))


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.rst", "a.html", "a.csv"])
def test_documents_of_hard_strings_are_proved_and_chunked_whole(name: str, tokenizer):
    for string in list(STRINGS)[::12]:
        try:
            document: Document = read(
                STRINGS[string](1000).encode("utf-8", "replace"), name
            ).document
        except DocumentRejected:
            continue
        prove(document)
        prove_chunks(document, LIMITS, tokenizer)


@pytest.mark.parametrize(
    "text",
    [
        ".. include:: /etc/passwd\n",
        ".. raw:: html\n   :file: /etc/passwd\n",
        ".. csv-table::\n   :file: /etc/passwd\n",
        ".. literalinclude:: /etc/passwd\n",
    ],
)
def test_no_other_file_is_read(text: str):
    assert "root:" not in read(f"text\n\n{text}\n".encode(), "a.rst").document.text


def test_no_phone_number_of_a_long_list_is_missed():
    numbers = [f"{number * 7919 % 10**7 + 2 * 10**9:010}" for number in range(300)]
    text = "".join(f"phone {number}\n" for number in numbers)
    places = [finding.start for finding in find(text, ["personal_data"])]
    assert len(places) >= 270
    assert places[-1] == text.rindex("phone ") + len("phone ")
