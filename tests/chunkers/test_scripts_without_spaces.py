"""Scripts without spaces, and long runs of any kind: chunks of a real size, cut between words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icu4py.breakers import CharacterBreaker, WordBreaker

from vouch.chunkers.chunker import chunk
from vouch.chunkers.cuts import before_word
from vouch.parsers.common.builder import DocumentBuilder
from vouch.schemas.documents.records import Document, Tokens
from vouch.schemas.settings.chunking import ChunkingSettings

THAI = "ค่าใช้เครนชั่วโมงละสามร้อยบาทประภาคารดูแลโดยเทศบาลเมือง"
UNSPACED = {
    "Thai": THAI,
    "Khmer": "ភាសាខ្មែរគឺជាភាសាកំណើតរបស់ជនជាតិខ្មែរនិងជាភាសាផ្លូវការរបស់ប្រទេសកម្ពុជា",
    "Lao": "ພາສາລາວເປັນພາສາທາງການຂອງປະເທດລາວ",
    "Burmese": "မြန်မာဘာသာစကားသည်မြန်မာနိုင်ငံ၏ရုံးသုံးဘာသာစကားဖြစ်သည်",
    "Chinese": "中文句子没有空格我们如何分词",
    "Japanese": "日本語の文章は単語の間に空白を入れません",
}
RUNS = {
    "Tibetan": "བོད་ཀྱི་སྐད་ཡིག་ནི་བོད་ལྗོངས་ཀྱི་",
    "Javanese": "ꦲꦏ꧀ꦱꦫꦗꦮ",
    "Devanagari": "नमस्ते",
    "Hangul": "한국어는",
    "families": "👩‍👩‍👧‍👦",
    "flags": "🇩🇪🇫🇷",
    "letters with marks": "q\u0323\u0301",
    "base64": "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo",
    "DNA": "ACGTTGCA",
    "URL": "https://example.org/a/b?c=d&e=f#",
}
LONG = 3_300  # characters


def of_paragraph(text: str) -> Document:
    builder = DocumentBuilder()
    builder.paragraph(text)
    return builder.build()


def ends(pieces: object) -> set[int]:
    """Return where the parts that ICU sees end, in code points."""
    places, end = set(), 0
    for piece in pieces:
        end += len(str(piece))
        places.add(end)
    return places


@pytest.mark.parametrize("script", [*UNSPACED, *RUNS])
def test_chunks_are_as_long_as_those_of_a_script_that_the_model_knows(script: str, tokenizer):
    part = (UNSPACED | RUNS)[script]
    text = part * (LONG // len(part))
    chunks = chunk(of_paragraph(text), ChunkingSettings(), tokenizer)
    assert "".join(cut.text for cut in chunks) == text
    lengths = [len(cut.text) for cut in chunks]
    assert max(lengths) <= 160 * 3, "as many letters as 160 tokens have"
    assert min(lengths) * 2 >= max(lengths) * 0.9, "no scrap is left at the end"
    assert ends(CharacterBreaker(text, "root")) >= {cut.char_end for cut in chunks}


@pytest.mark.parametrize("script", UNSPACED)
def test_they_are_cut_between_words(script: str, tokenizer):
    text = UNSPACED[script] * (LONG // len(UNSPACED[script]))
    chunks = chunk(of_paragraph(text), ChunkingSettings(), tokenizer)
    assert len(chunks) > 5
    # Words are those of the sentence by itself: how a dictionary joins repeated ones differs.
    words = ends(WordBreaker(UNSPACED[script], "root")) | {0}
    outside = [cut for cut in chunks if cut.char_end % len(UNSPACED[script]) not in words]
    assert not outside


def test_sentences_end_at_the_marks_of_their_script(tokenizer):
    khmer = f"{UNSPACED['Khmer']}។" * 40
    chunks = chunk(of_paragraph(khmer), ChunkingSettings(), tokenizer)
    assert len(chunks) > 4
    assert all(cut.text.endswith("។") for cut in chunks)


def test_an_appended_text_leaves_the_chunks_before_it(tokenizer):
    before, now = (
        chunk(of_paragraph(THAI * number), ChunkingSettings(), tokenizer) for number in (60, 61)
    )
    assert [cut.text for cut in before[:5]] == [cut.text for cut in now[:5]]


def test_a_heading_of_unknown_letters_takes_no_more_than_its_share(tokenizer):
    builder = DocumentBuilder()
    builder.title(THAI * 20, 1)
    builder.paragraph("A short text. " * 60)
    chunks = chunk(builder.build(), ChunkingSettings(), tokenizer)
    assert chunks[-1].embedded_text is None, "one token of the model, and a page of letters"


LETTERS = st.sampled_from(
    ["a", "ก", "้", "ၵ", "ꦏ꧀", "ན", "་", "字", "。", "क", "्", "ि", "한", "ᄀ", "e\u0301", "\u200d",
     "👩", "🏽", "🇩", "\ufe0f", " ", "?", ": ", "\n", "\u0600", ".", "1"]
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(
    text=st.lists(LETTERS, max_size=400).map("".join),
    max_tokens=st.sampled_from([16, 32]),
    is_code=st.booleans(),
)
def test_no_chunk_begins_or_ends_within_a_character(
    text: str, max_tokens: int, is_code: bool, tokenizer
):
    builder = DocumentBuilder()
    (builder.code if is_code else builder.paragraph)(text)
    document = builder.build()
    limits = ChunkingSettings(max_tokens=max_tokens, heading_tokens=0)
    characters, start = [], 0
    for piece in CharacterBreaker(document.text, "root"):
        characters.append((start, start + len(str(piece))))
        start += len(str(piece))
    for cut in chunk(document, limits, tokenizer):
        for a, b in characters:
            # A character that is longer than a chunk has to be cut.
            if a < cut.char_start < b or a < cut.char_end < b:
                is_long = len(tokenizer.tokens(document.text[a:b]).spans) > max_tokens - 2
                is_blank = not document.text[a : cut.char_start].strip() and a < cut.char_start
                assert is_long or is_blank or b - a > max_tokens


class Bytes:
    """A tokenizer of bytes, which knows every character, as three or four tokens."""

    fingerprint = "bytes"
    special_tokens = 0

    def tokens(self, text: str) -> Tokens:
        return Tokens([(at, at + 1) for at, letter in enumerate(text) for _ in letter.encode()])


def test_a_tokenizer_of_bytes_counts_as_it_reads():
    chunks = chunk(of_paragraph(THAI * 60), ChunkingSettings(), Bytes())
    assert "".join(cut.text for cut in chunks) == THAI * 60
    assert max(cut.token_count for cut in chunks) <= 160
    assert {cut.coverage.unknown_tokens for cut in chunks} == {0}


@pytest.mark.parametrize("text", ["x" * 200_000, THAI * 4_000, "字" * 200_000, "e\u0301" * 100_000])
def test_each_cut_of_a_long_run_reads_only_what_is_near(text: str):
    for start in range(0, len(text) - 2_000, 480):
        end = before_word(text, start, start + 480, len(text))
        assert end is not None
        assert start < end <= start + 480
