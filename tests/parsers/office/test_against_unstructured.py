"""Office files compared with `unstructured`: no word that it finds may be missing from ours."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from vouch.parsers.registry import parse

DOCUMENTS = Path(__file__).parent.parent.parent.parent / "data" / "sample" / "documents"
NAMES = sorted(
    path.relative_to(DOCUMENTS).as_posix()
    for path in DOCUMENTS.rglob("*")
    if path.suffix in (".docx", ".pptx")
)


@pytest.fixture(scope="module")
def words_by_name() -> dict[str, list[str]]:
    script = Path(__file__).with_name("words_by_unstructured.py")
    command = [sys.executable, str(script), str(DOCUMENTS), *NAMES]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


@pytest.mark.parametrize("name", NAMES)
def test_no_word_is_missing(name: str, words_by_name):
    ours = set(re.findall(r"\w+", parse((DOCUMENTS / name).read_bytes(), name).text))
    assert words_by_name[name]
    assert [word for word in words_by_name[name] if word not in ours] == []
