"""Mojibake: texts decoded with the wrong encoding are detected, others are not."""

import pytest

from vouch.validators.rows.mojibake import garbled

SPANISH = "El índice está aquí, según la última versión del año: señal única."
RUSSIAN = "Документация на русском языке"


@pytest.mark.parametrize(
    ("value", "is_garbled"),
    [
        (SPANISH, False),
        (SPANISH.encode().decode("cp1252", "replace"), True),
        (RUSSIAN.encode().decode("cp1252", "replace"), True),
        (RUSSIAN, False),
        ("速度と品質のための索引について説明します。これは文です。", False),
        ("a text \ufffd with \ufffd holes \ufffd in it", True),
        ("def f(x): return {**x, 'a': [1, 2]}  # ok — really “fine”", False),
        ("", False),
    ],
)
def test_a_text_decoded_with_the_wrong_encoding_is_detected(value: str, is_garbled: bool):
    assert garbled([value]) == [is_garbled]
