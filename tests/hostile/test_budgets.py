"""One budget for all that is attached to a listed document, whatever is in what."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zlib
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.parsers.binary_files import zipped
from tests.pipeline.steps import configure, indexed, run, texts, write
from vouch.pipeline.stages import fetch_and_parse
from vouch.pipeline.stages.attached_budget import AttachedBudget
from vouch.schemas.boundary import Boundary, install
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.runs.record import Status
from vouch.schemas.settings.chunking import ChunkingSettings
from vouch.schemas.settings.parsing import ParsingSettings
from vouch.workers.sandbox import Sandbox

LIMITS = {"workers": 1, "max_attachments": 20, "max_attached_mb": 1, "max_attachment_depth": 4}
TEXT = b"The gate opens at nine. " * 5_000  # 120 kB


def tarred(members: dict[str, bytes], mode: str = "w:gz") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for name, data in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(data)
            archive.addfile(header, io.BytesIO(data))
    return stream.getvalue()


def mail(subject: str, *files: tuple[str, bytes]) -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "a@b.example", "c@d.example"
    message["Date"] = "Thu, 01 Jan 2015 00:00:00 +0000"
    message.set_content("The gate is green.")
    for name, data in files:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def mailbox(*mails: bytes, sender: bytes = b"a@b.example") -> bytes:
    start = b"From " + sender + b" Thu Jan  1 00:00:00 2015\n"
    return b"".join(start + text + b"\n\n" for text in mails)


def overlapping(number: int, size: int) -> bytes:
    """Return a zip of which all members are the same few bytes."""
    data = b"\0" * size
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = compressor.compress(data) + compressor.flush()
    sizes = (zlib.crc32(data), len(packed), size)
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 0, *sizes, 1, 0) + b"a" + packed
    entry = struct.pack("<4s6H3I", b"PK\1\2", 20, 20, 0, 8, 0, 0, *sizes)
    entries = (entry + struct.pack("<5H2I", 1, 0, 0, 0, 0, 0, 0) + b"a") * number
    counts = (0, 0, number, number, len(entries), len(local), 0)
    return local + entries + struct.pack("<4s4H2IH", b"PK\5\6", *counts)


def nested(depth: int, data: bytes) -> bytes:
    for level in range(depth):
        data = zipped({f"{level}.zip" if level else "a.txt": data})
    return data


def branching(depth: int, width: int) -> bytes:
    data = b"\0" * 1_000
    for level in range(depth):
        ending = "zip" if level else "txt"
        data = zipped({f"{number}.{ending}": data for number in range(width)})
    return data


# Each is within the limits of one archive or one mail, and beyond those of the whole.
BOMBS = {
    "wide.zip": (zipped({f"{number}.txt": b"x" for number in range(21)}), "max_attachments"),
    "empty.zip": (zipped({f"{number}": b"" for number in range(21)}), "max_attachments"),
    "tree.zip": (branching(3, 4), "max_attachments"),
    "parts.eml": (mail("many", *((f"{n}.txt", b"x") for n in range(21))), "max_attachments"),
    "many.mbox": (mailbox(*(mail(f"mail {n}") for n in range(21))), "max_attachments"),
    # Thunderbird names no sender in the line before a mail, and the file has no ending.
    "Inbox": (mailbox(*(mail(f"mail {n}") for n in range(21)), sender=b"-"), "max_attachments"),
    "overlapping.zip": (overlapping(21, 100), "max_attachments"),
    "large.zip": (zipped({f"{number}.txt": TEXT for number in range(9)}), "max_attached_mb"),
    "levels.zip": (
        zipped({f"{n}.zip": zipped({"a.txt": TEXT, "b.txt": TEXT}) for n in range(5)}),
        "max_attached_mb",
    ),
    "chain.mbox": (
        mailbox(
            *(
                mail(str(n), ("a.zip", zipped({"b.tar.gz": tarred({"c.txt": TEXT * 2})})))
                for n in range(5)
            )
        ),
        "max_attached_mb",
    ),
    "chain.gz": (gzip.compress(bz2.compress(lzma.compress(TEXT * 9))), "max_attached_mb"),
}


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """A project with every bomb, and sound documents of the same kinds beside them."""
    settings = configure(
        tmp_path_factory.mktemp("bombs"),
        tiny_model,
        parsing=LIMITS,
        contracts={"batch": {"max_quarantine_share": 1.0}},
    )
    write(settings, "good.md", "# Good\n\nThe gate closes at five.")
    folder = settings.parent / "documents"
    for name, (data, _) in BOMBS.items():
        (folder / name).write_bytes(data)
    (folder / "sound.zip").write_bytes(zipped({f"{n}.txt": f"Gate {n}." for n in range(20)}))
    (folder / "sound.mbox").write_bytes(mailbox(mail("one"), mail("two", ("a.txt", b"Three."))))
    (folder / "deep.zip").write_bytes(nested(6, b"Too deep."))
    run(settings)
    return settings


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_one_row_of_the_quarantine(ingested: Path, name: str):
    rejects = indexed(ingested, "quarantine", "uri", "reason", "message")
    (reject,) = [row for row in rejects if row["uri"].startswith(name)]
    assert (reject["uri"], reject["reason"]) == (name, "unsafe")
    assert f"parsing.{BOMBS[name][1]}" in reject["message"]


def test_what_is_beside_a_bomb_is_published_and_nothing_of_it(ingested: Path):
    published = set(texts(ingested))
    assert published >= {"good.md", "sound.mbox#attachment/1/one.eml"}
    assert sum(uri.startswith("sound.zip#") for uri in published) == 20
    assert not [uri for uri in published for name in BOMBS if uri.startswith(name)]


def test_what_is_too_deep_is_a_row_and_the_levels_above_it_are_published(ingested: Path):
    rejects = indexed(ingested, "quarantine", "uri", "message")
    (reject,) = [row for row in rejects if row["uri"].startswith("deep.zip")]
    assert reject["uri"].count("#attachment/") == 5
    assert "parsing.max_attachment_depth allows 4" in reject["message"]


def test_nothing_is_left_of_attachments_and_nothing_is_done_again(ingested: Path):
    assert not list((ingested.parent / "data" / "work").glob("attached-*"))
    assert run(ingested).status is Status.UNCHANGED


def test_the_time_of_all_parsers_together_is_limited(tmp_path: Path, tiny_model: Path):
    settings = configure(
        tmp_path,
        tiny_model,
        parsing={"workers": 1, "max_attached_s": 1e-6},
        contracts={"batch": {"max_quarantine_share": 1.0}},
    )
    write(settings, "good.md", "# Good\n\nThe gate closes at five.")
    (settings.parent / "documents" / "a.zip").write_bytes(zipped({"a.txt": "One.", "b.txt": "Two"}))
    run(settings)
    (reject,) = indexed(settings, "quarantine", "uri", "reason", "message")
    assert (reject["uri"], reject["reason"]) == ("a.zip", "unsafe")
    assert "parsing.max_attached_s" in reject["message"]
    assert set(texts(settings)) == {"good.md"}


def test_a_budget_is_exceeded_by_the_sum_of_all_levels():
    budget = AttachedBudget(ParsingSettings(max_attachments=10, max_attached_mb=1))
    for _ in range(10):
        budget.add_files(1, 100_000)
        assert budget.problem == ""
    budget.add_files(0, 1)
    assert "more than 1 MB are attached to it" in budget.problem


@pytest.fixture(scope="module")
def box(tokenizer):
    with Sandbox(ParsingSettings(**LIMITS), ChunkingSettings(), tokenizer) as box:
        yield box


def test_bytes_of_attachments_never_reach_the_runs_own_process(box: Sandbox):
    parsed = box.result(
        box.parse(zipped({"a.txt": TEXT, "b.zip": zipped({"c.txt": "C."})}), "a.zip")
    )
    assert parsed.document.attachments == ()
    first, second = parsed.attached
    assert (first.name, first.size, first.read()) == ("a.txt", len(TEXT), TEXT)
    inner = box.result(box.parse(second, second.name, is_attached=True))
    assert [file.name for file in inner.attached] == ["c.txt"]
    for file in (first, second, *inner.attached):
        assert file.path.is_file()
        file.remove()
        assert not file.path.exists()


def test_beyond_the_budget_attachments_are_counted_and_not_kept(box: Sandbox):
    data, _ = BOMBS["wide.zip"]
    parsed = box.result(box.parse(data, "wide.zip"))
    assert (parsed.attached, parsed.attached_files, parsed.attached_bytes) == ((), 21, 21)


def test_an_archive_of_a_compressed_file_that_is_a_bomb_by_itself_is_unsafe(box: Sandbox):
    bomb = gzip.compress(b"\0" * 40_000_000)
    with pytest.raises(DocumentRejected) as raised:
        box.result(box.parse(bomb, "zeros.txt.gz"))
    assert raised.value.reason == Reason.UNSAFE


def test_the_limits_let_large_genuine_archives_and_mailboxes_pass():
    limits = ParsingSettings()
    budget = AttachedBudget(limits)
    budget.add_files(20_000, 100_000_000)
    budget.add_seconds(1_000)
    assert budget.problem == ""


@pytest.mark.parametrize("sender", [b"a@b.example", b"-"])
@pytest.mark.parametrize("name", ["archive.mbox", "archive"])
def test_a_large_mailbox_is_within_the_limits_by_any_name(
    tokenizer, tmp_path: Path, name: str, sender: bytes
):
    data = mailbox(
        *(b"Subject: %d\nFrom: a@b.example\n\nHi" % n for n in range(5_000)), sender=sender
    )
    limits = ParsingSettings(workers=1, max_attachments=5_000)
    with Sandbox(limits, ChunkingSettings(), tokenizer, folder=tmp_path / "attached") as box:
        parsed = box.result(box.parse(data, name))
    assert (parsed.read_by, len(parsed.attached)) == ("email", 5_000)


def test_a_shard_of_much_text_is_processed_in_parts_and_staged_as_one(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
):
    texts_of = {f"{name}.zip": {f"{n}.txt": f"Gate {name}{n}." for n in range(4)} for name in "abc"}
    published = []
    for folder, characters in (("whole", 64_000_000), ("parts", 5)):
        monkeypatch.setattr(fetch_and_parse, "MAX_PART_CHARS", characters)
        (tmp_path / folder / "documents").mkdir(parents=True)
        settings = configure(tmp_path / folder, tiny_model, parsing={"workers": 1})
        for name, members in texts_of.items():
            (settings.parent / "documents" / name).write_bytes(zipped(members))
        crossed: list[Boundary] = []
        with install(lambda boundary, side, crossed=crossed: crossed.append(boundary)):
            record = run(settings)
        published.append((texts(settings), record.accounting))
        assert (crossed.count(Boundary.EMBED) > 2) is (folder == "parts")
        assert crossed.count(Boundary.STAGE) == 2
    assert published[0] == published[1]
    assert len(published[0][0]) == 15
