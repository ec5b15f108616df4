"""Which token stands for what a vocabulary lacks, by kind of tokenizer model."""

from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from vouch.embedders.local.tokens import ModelTokenizer

BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
PIECES = [("<unk>", 0.0), ("a", -1.0)]
MODELS = {
    "word pieces": (models.WordPiece({"a": 0, "[UNK]": 1}, unk_token="[UNK]"), [(2, 5)]),
    "words": (models.WordLevel({"a": 0, "<unk>": 1}, unk_token="<unk>"), [(2, 5)]),
    "pairs, joined": (
        models.BPE({"a": 0, "<unk>": 1}, [], unk_token="<unk>", fuse_unk=True), [(2, 5)],
    ),
    "pairs": (models.BPE({"a": 0, "<unk>": 1}, [], unk_token="<unk>"), [(2, 3), (3, 4), (4, 5)]),
    "pairs without": (models.BPE({"a": 0}, []), []),
    "sentencepiece": (models.Unigram(PIECES, unk_id=0), [(2, 5)]),
    "sentencepiece with bytes": (
        models.Unigram([*PIECES, *((byte, -9.0) for byte in BYTES)], unk_id=0, byte_fallback=True),
        [],
    ),
}  # fmt: skip


def folder_with(tokenizer: Tokenizer, folder: Path) -> ModelTokenizer:
    tokenizer.save(str(folder / "tokenizer.json"))
    return ModelTokenizer(folder)


@pytest.mark.parametrize("kind", MODELS)
def test_spans_of_unknown_tokens(kind: str, tmp_path: Path):
    model, unknown = MODELS[kind]
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    assert list(folder_with(tokenizer, tmp_path).tokens("a กขค a").unknown) == unknown


def test_a_vocabulary_of_bytes_has_no_unknown_token(tmp_path: Path):
    letters = {letter: number for number, letter in enumerate(pre_tokenizers.ByteLevel.alphabet())}
    tokenizer = Tokenizer(models.BPE(letters, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokens = folder_with(tokenizer, tmp_path).tokens("กข")
    assert (len(tokens.spans), list(tokens.unknown)) == (6, [])
