"""Documents whose encoding is a guess, or has broken characters: the run says so."""

from pathlib import Path

from tests.pipeline.steps import failed, indexed, run
from vouch.schemas.runs.record import Severity

CZECH = "Příliš žluťoučký kůň úpěl ďábelské ódy a všichni lidé v Praze to slyšeli. " * 4
BROKEN = ("Die Gebühr für den Kran beträgt über dreißig Gulden. " * 4).encode() + b"\xff\n"


def test_the_run_warns_of_doubtful_encodings(project, tiny_model: Path):
    documents = {
        "guess.txt": "Kdy půjdeš ven?\n".encode("iso8859-2"),
        "broken.txt": BROKEN,
        "detected.txt": CZECH.encode("cp1250"),
        "utf8.txt": CZECH.encode(),
    }
    settings = project(documents, f"embedding: {{model: {tiny_model}}}\n")
    record = run(settings)
    assert failed(record)["policy_doubtful_encoding"] is Severity.WARN
    (finding,) = (finding for finding in record.policy if finding.kind == "doubtful_encoding")
    assert {example.uri: example.message for example in finding.examples} == {
        "guess.txt": "read as cp1252, which is a guess",
        "broken.txt": "read as utf-8, which lacks some of its characters (1)",
    }
    flagged = {
        row["uri"]
        for row in indexed(settings, "chunks", "uri", "flags")
        if "garbled" in row["flags"]
    }
    assert flagged == {"guess.txt", "broken.txt"}
