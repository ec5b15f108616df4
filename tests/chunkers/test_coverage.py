"""What of a text the model knows: unknown tokens by their letters, and letters read one by one."""

import pytest

from vouch.chunkers.coverage import coverage
from vouch.schemas.documents.records import Coverage, Tokens

# Shares of the default model, which is English: at least and at most.
SHARES = {
    "English": ("The pier was built by the harbour authority in 1904.", 0, 0),
    "code": ("def total(rows: list[int]) -> int:\n    return sum(row * 2 for row in rows)", 0, 0),
    "German": ("Die Größe der Brücke überrascht natürlich auch geübte Bürger.", 0, 0.1),
    "French": ("L'été dernier, la forêt a brûlé près de la frontière.", 0, 0.1),
    "Vietnamese": ("Tiếng Việt là ngôn ngữ chính thức tại Việt Nam.", 0, 0.15),
    "Turkish": ("İstanbul'da yağmurlu günlerde şemsiye çok satılır.", 0, 0.15),
    "names": ("Dvořák, Győr, Łódź and Çelik are names.", 0, 0.1),
    "Thai": ("ค่าใช้เครนชั่วโมงละสามร้อยบาท", 1, 1),
    "Khmer": ("ភាសាខ្មែរគឺជាភាសាកំណើត", 1, 1),
    "Chinese": ("中文句子没有空格我们如何分词", 0.4, 0.9),
    "Japanese": ("日本語の文章は単語の間に空白を入れません。", 0.4, 1),
    "Korean": ("한국어는 한반도에서 사용되는 언어이다.", 0.4, 1),
    "Arabic": ("هذه جملة قصيرة عن المرفأ القديم.", 0.8, 1),
    "Russian": ("Это короткое предложение о старой гавани.", 0.8, 1),
    "Greek": ("Αυτή είναι μια μικρή πρόταση για το παλιό λιμάνι.", 0.8, 1),
    "Hindi": ("यह पुराने बंदरगाह के बारे में एक छोटा वाक्य है।", 0.5, 1),
    "Georgian": ("ქართული ენა საქართველოს სახელმწიფო ენაა", 0.8, 1),
}


@pytest.mark.parametrize("language", SHARES)
def test_letters_that_the_model_does_not_know_are_counted(language: str, tokenizer):
    text, least, most = SHARES[language]
    covered = coverage(text, tokenizer.tokens(text))
    assert covered.characters == len("".join(text.split()))
    unknown = covered.unknown_characters + covered.spelled_characters
    assert least <= unknown / covered.characters <= most


def test_an_unknown_token_counts_by_the_letters_that_it_stands_for(tokenizer):
    text = "ก" * 1_600
    assert coverage(text, tokenizer.tokens(text)) == Coverage(
        tokens=1, unknown_tokens=1, characters=1_600, unknown_characters=1_600, spelled_characters=0
    )


def test_letters_of_several_tokens_are_spelled_out_once():
    text = "กข"
    bytewise = Tokens([(0, 1), (0, 1), (0, 1), (1, 2), (1, 2), (1, 2)])
    assert coverage(text, bytewise).spelled_characters == 2


def test_words_of_one_letter_and_ideographs_are_known():
    assert coverage("à 中文 ñ", Tokens([(0, 1), (2, 3), (3, 4), (5, 6)])).spelled_characters == 0


def test_korean_syllables_are_known_unless_they_are_cut_into_their_letters():
    text = "한국어는"
    whole = Tokens([(0, 3), (3, 4)])
    assert coverage(text, whole).spelled_characters == 0
    cut = Tokens([place for n in range(4) for place in [(n, n + 1)] * 3])
    assert coverage(text, cut).spelled_characters == 4


def test_the_mark_of_a_space_is_no_letter():
    assert coverage("ไทย", Tokens([(0, 1), (0, 3)])).spelled_characters == 0
