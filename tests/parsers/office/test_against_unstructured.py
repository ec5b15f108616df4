"""Office files compared with `unstructured`: no word that it finds may be missing from ours."""

import re
from pathlib import Path

import pytest

from vouch.parsers.detect import detect
from vouch.parsers.registry import parse
from vouch.parsers.unstructured.library import partition

DOCUMENTS = Path(__file__).parent.parent.parent.parent / "data" / "sample" / "documents"
NAMES = sorted(
    path.relative_to(DOCUMENTS).as_posix()
    for path in DOCUMENTS.rglob("*")
    if path.suffix in (".docx", ".pptx")
)


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


@pytest.mark.parametrize("name", NAMES)
def test_no_word_is_missing(name: str):
    data = (DOCUMENTS / name).read_bytes()
    theirs = words("\n".join(e["text"] for e in partition(data, name, detect(data, name), {})))
    assert theirs
    assert theirs - words(parse(data, name).text) == set()
