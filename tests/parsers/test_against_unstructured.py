"""Office files against `unstructured`, the parser that most people use: no word that it finds may be missing from ours."""

import re
import warnings
from collections import Counter
from pathlib import Path

import pytest

from vouch.parsers.registry import parse

DOCUMENTS = Path(__file__).parent.parent.parent / "data" / "sample" / "documents"
FILES = sorted(
    path.relative_to(DOCUMENTS).as_posix()
    for path in DOCUMENTS.rglob("*")
    if path.suffix in (".docx", ".pptx")
)


@pytest.fixture(scope="module")
def partition():
    """It asks spaCy for a model that is downloaded at run time; a blank pipeline with sentences does for finding words."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import spacy
        from unstructured.nlp import tokenize
        from unstructured.partition.docx import partition_docx
        from unstructured.partition.pptx import partition_pptx

        model = spacy.blank("en")
        model.add_pipe("sentencizer")
        patch = pytest.MonkeyPatch()
        patch.setattr(tokenize, "_load_spacy_model", lambda *_: model)
        yield {".docx": partition_docx, ".pptx": partition_pptx}
        patch.undo()


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FILES)
def test_no_word_is_missing(name: str, partition):
    path = DOCUMENTS / name
    theirs = words(
        "\n".join(element.text for element in partition[path.suffix](str(path), languages=["eng"]))
    )
    ours = words(parse(path.read_bytes(), name).text)
    missing = [word for word, count in theirs.items() if ours[word] < min(count, 1)]
    assert theirs
    assert missing == []
