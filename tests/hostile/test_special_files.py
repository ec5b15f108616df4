"""Links, pipes, sockets, strange names and folders without permission: each has its reason."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.pipeline.steps import configure, indexed, run, texts
from vouch.schemas.documents.ids import document_id
from vouch.schemas.documents.records import Listing, Reason
from vouch.schemas.errors import SourceRefused
from vouch.schemas.settings.sources import FilesSource
from vouch.sources.base import Source
from vouch.sources.registry import open_source

GOOD = "The gate opens at nine."


def open_folder(folder: Path) -> Source:
    return open_source(FilesSource(name="docs", path=str(folder), hidden=True), Path("/"))


def rules(listing: Listing) -> dict[str, Reason]:
    return {filtered.item.uri: filtered.rule for filtered in listing.filtered}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a good document, and a secret beside it."""
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "outer").mkdir()
    (tmp_path / "outer" / "deep.txt").write_text("secret too")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "good.txt").write_text(GOOD)
    return tmp_path / "root"


@pytest.fixture
def bound_socket(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(folder)  # the path of a socket has a hundred characters at most
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        yield


def make_special_files(folder: Path) -> dict[str, Reason]:
    """Make one of each kind that is never read; return the reasons by name."""
    os.mkfifo(folder / "pipe")
    for name, target in {
        "to-pipe": "pipe",
        "to-device": "/dev/zero",
        "to-socket": "socket",
        "to-terminal": "/dev/tty",
    }.items():
        (folder / name).symlink_to(target)
    for name, target in {
        "out": "../secret.txt",
        "absolute": "/etc/hostname",
        "outer": "../outer",
        "process": "/proc/self/environ",
    }.items():
        (folder / name).symlink_to(target)
    (folder / "inner").symlink_to(".")
    return (
        dict.fromkeys(["pipe", "to-pipe", "to-device", "socket", "to-socket"], Reason.SPECIAL_FILE)
        | dict.fromkeys(["out", "absolute", "outer", "process"], Reason.OUTSIDE_ROOT)
        | {"inner": Reason.LINKED_FOLDER}
    )


def test_what_is_no_file_of_the_folder_is_never_read(folder, bound_socket, tmp_path, tiny_model):
    expected = make_special_files(folder)
    (folder / "dangling").symlink_to("nowhere.txt")
    (folder / "circle").symlink_to("circle")
    (folder / "to-good").symlink_to("good.txt")
    os.link(folder / "good.txt", folder / "hard.txt")
    settings = configure(
        tmp_path,
        tiny_model,
        {"path": "root", "hidden": True},
        contracts={"batch": {"max_quarantine_share": 1.0}},
    )
    record = run(settings)
    source = open_folder(folder)
    filtered = rules(source.list())
    assert filtered.items() >= expected.items()
    assert set(texts(settings)) == {"good.txt", "to-good", "hard.txt"}
    rejects = indexed(settings, "quarantine", "uri", "reason", "message")
    assert {row["uri"]: row["reason"] for row in rejects} == dict.fromkeys(
        ("dangling", "circle"), "fetch_failed"
    )
    assert record.accounting.filtered == len(filtered)
    for name in expected:
        with pytest.raises(SourceRefused, match=f"{name} of source docs cannot be read"):
            source.fetch(name)
    with pytest.raises(SourceRefused, match="leads out"):
        source.fetch("../secret.txt")


NAMES = [
    "line\nbreak.txt",
    "tab\tbell\x07.txt",
    "\u202etxt.fdp",
    "-rf",
    " leading and trailing ",
    "#attachment",
    "50%25 & more?.txt",
    "a" * 250 + ".txt",
    "\U0001f600.txt",
    "..txt",
    "C:\\windows.txt",
    "key=#key=1.txt",
    "file:x.txt",
    "~root.txt",
    "[a].txt",
    "*.txt",
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_strange_name_is_a_name(folder: Path, name: str):
    (folder / name).write_text("strange")
    source = open_folder(folder)
    listing = source.list()
    assert {item.uri for item in listing.items} == {"good.txt", name}
    assert source.fetch(name).data == b"strange"


@given(
    st.lists(
        st.text(
            st.characters(exclude_characters="\0/", exclude_categories=("Cs",)), min_size=1
        ).filter(lambda name: name not in (".", "..") and len(name.encode()) < 250),
        max_size=5,
        unique=True,
    )
)
@example(["e\u0301", "\u00e9", "A", "a"])
@hypothesis_settings(max_examples=30, derandomize=True)
def test_every_name_is_listed_once_and_read_by_its_uri(tmp_path_factory, names: list[str]):
    folder = tmp_path_factory.mktemp("names")
    try:
        for name in names:
            (folder / name).write_text(name)
        source = open_folder(folder)
        listing = source.list()
        assert listing.complete
        assert sorted(item.uri for item in listing.items) == sorted(names)
        assert len({document_id("docs", name) for name in names}) == len(names)
        assert all(source.fetch(name).data == name.encode() for name in names)
    finally:
        shutil.rmtree(folder)


def test_a_file_cannot_take_the_place_of_an_attachment(folder: Path):
    twin = folder / "mail.eml#attachment" / "1"
    twin.mkdir(parents=True)
    (twin / "offer.txt").write_text("forged")
    (folder / "#attachment").mkdir()
    (folder / "#attachment" / "x.txt").write_text("no number, no attachment")
    listing = open_folder(folder).list()
    assert rules(listing) == {"mail.eml#attachment/1/offer.txt": Reason.BAD_NAME}
    assert {item.uri for item in listing.items} == {"good.txt", "#attachment/x.txt"}


def test_a_name_in_other_bytes_than_utf8_is_filtered_and_printable(folder: Path):
    for name in (b"caf\xe9.txt", b"\xff\xfe"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text("x")
    listing = open_folder(folder).list()
    assert rules(listing) == {"caf\\udce9.txt": Reason.BAD_NAME, "\\udcff\\udcfe": Reason.BAD_NAME}
    assert listing.complete


def test_a_folder_deeper_than_any_path_makes_the_listing_incomplete(folder: Path):
    making = subprocess.run(
        [sys.executable, "-c", _MAKE_DEEP, str(folder)], check=True, capture_output=True, text=True
    )
    assert int(making.stdout) > 4096
    try:
        listing = open_folder(folder).list()
        assert [item.uri for item in listing.items] == ["good.txt"]
        # What is beyond is either filtered by its name or a problem, never a silent end.
        assert rules(listing) or not listing.complete
    finally:
        subprocess.run(["rm", "-rf", str(folder / ("d" * 200))], check=True)


_MAKE_DEEP = """
import os, sys
os.chdir(sys.argv[1])
length = len(sys.argv[1])
while length <= 4096 + 250:
    os.mkdir("d" * 200)
    os.chdir("d" * 200)
    length += 201
open("deep.txt", "w").close()
print(length)
"""


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_what_may_not_be_read_makes_the_listing_incomplete(folder: Path):
    (folder / "closed").mkdir()
    (folder / "closed" / "a.txt").write_text("x")
    (folder / "unreadable.txt").write_text("x")
    (folder / "unreadable.txt").chmod(0)
    (folder / "closed").chmod(0)
    try:
        source = open_folder(folder)
        listing = source.list()
        assert not listing.complete
        assert "closed could not be listed: " in listing.problems[0]
        with pytest.raises(SourceRefused, match=r"unreadable\.txt of source docs cannot be read"):
            source.fetch("unreadable.txt")
    finally:
        (folder / "closed").chmod(0o700)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_without_permission_as_another_user(folder: Path):
    """Permissions do not bind root: another process, of a user who is not, lists the folder."""
    (folder / "closed").mkdir(mode=0o700)
    (folder / "unreadable.txt").write_text("x")
    (folder / "unreadable.txt").chmod(0o600)
    moved = Path("/tmp") / f"vouch-permissions-{os.getpid()}"
    shutil.copytree(folder, moved)
    moved.chmod(0o755)
    try:
        done = subprocess.run(
            [sys.executable, "-c", _LIST_AS_NOBODY, str(moved)], capture_output=True, text=True
        )
    finally:
        shutil.rmtree(moved)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "False ['good.txt', 'unreadable.txt']",
        "closed could not be listed",
        "unreadable.txt of source docs cannot be read",
    ]


_LIST_AS_NOBODY = """
import os, sys
from pathlib import Path
from vouch.schemas.errors import SourceRefused
from vouch.schemas.settings.sources import FilesSource
from vouch.sources.registry import open_source
source = open_source(FilesSource(name="docs", path=sys.argv[1]), Path("/"))
source.list()
os.setgid(65534)
os.setuid(65534)
listing = source.list()
print(listing.complete, [item.uri for item in listing.items])
print(listing.problems[0].partition(":")[0])
try:
    source.fetch("unreadable.txt")
except SourceRefused as error:
    print(str(error).partition(":")[0])
"""
