"""Archives over whole runs: their files are documents, and a damaged one costs itself alone."""

import io
import zipfile

from PIL import Image

from tests.parsers.binary_files import zipped
from tests.pipeline.steps import indexed, run, texts
from vouch.schemas.runs.record import Status


def damaged_zip() -> bytes:
    """Return a zip of a text, a text with a changed byte, a picture and a zip of a text."""
    picture = io.BytesIO()
    Image.new("L", (20, 20), 255).save(picture, "PNG")
    members = {
        "good.md": "# Good\n\nThe gate opens at nine.",
        "bad.txt": "beta",
        "logo.png": picture.getvalue(),
        "inner.zip": zipped({"deep.txt": "The gate closes at five."}),
    }
    data = bytearray(zipped(members, zipfile.ZIP_STORED))
    data[data.index(b"beta")] ^= 1
    return bytes(data)


def test_each_file_of_an_archive_is_a_document_or_in_quarantine(project, tiny_model):
    settings = project({"a.zip": damaged_zip()}, f"embedding: {{model: {tiny_model}}}\n")
    run(settings)
    chunks = texts(settings)
    assert "opens at nine" in " ".join(chunks["a.zip#attachment/1/good.md"])
    assert "closes at five" in " ".join(
        chunks["a.zip#attachment/4/inner.zip#attachment/1/deep.txt"]
    )
    rejects = indexed(settings, "quarantine", "uri", "reason", "message")
    assert {row["uri"]: row["reason"] for row in rejects} == {
        "a.zip#attachment/2/bad.txt": "malformed",
        "a.zip#attachment/3/logo.png": "unsupported_type",
    }
    assert run(settings).status is Status.UNCHANGED


def test_archives_within_archives_that_are_a_bomb_as_a_whole_are_rejected(project, tiny_model):
    text = "The gate opens at nine. " * 5_000  # 120 kB, of which each innermost zip holds two
    inner = zipped({"a.txt": text, "b.txt": text})
    middle = zipped({f"{number}.zip": inner for number in range(4)})
    documents = {
        "bomb.zip": zipped({f"{number}.zip": middle for number in range(3)}),
        "small.zip": zipped({"c.txt": "The gate is green."}),
        "good.md": "# Good\n\nThe gate closes at five.",
    }
    limits = f"embedding: {{model: {tiny_model}}}\nparsing: {{workers: 1, max_attached_mb: 1}}\n"
    settings = project(documents, limits)
    run(settings)
    (reject,) = indexed(settings, "quarantine", "uri", "reason", "message")
    assert (reject["uri"], reject["reason"]) == ("bomb.zip", "unsafe")
    assert {"good.md", "small.zip#attachment/1/c.txt"} <= set(texts(settings))
    assert not any(uri.startswith("bomb.zip") for uri in texts(settings))
    assert run(settings).status is Status.UNCHANGED
