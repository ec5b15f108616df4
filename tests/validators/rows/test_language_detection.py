"""Languages of short texts are detected, or not at all where they cannot be."""

import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vouch.validators.rows.language_detection import detect_languages


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The committee approved the yearly budget on Tuesday.", "en"),
        ("El presupuesto anual fue aprobado por la asamblea general.", "es"),
        ("Der Haushalt wurde am Dienstag vom Ausschuss genehmigt.", "de"),
        ("Le budget annuel a été approuvé par l'assemblée générale.", "fr"),
        ("Бюджет на год был утверждён комитетом во вторник.", "ru"),
        ("委员会星期二批准了年度预算，会议随后结束了。", "zh"),
        ("委員会は火曜日に年間予算を承認しました。", "ja"),
        ("समिति ने मंगलवार को वार्षिक बजट को मंजूरी दी।", "hi"),
        ("وافقت اللجنة على الميزانية السنوية يوم الثلاثاء.", "ar"),
        ("", None),
        ("ok", None),
        ("12.5 | 13.7 | 19.0 | 2024-01-01", None),
        ("x = f(a[0]); y += {1: 2}[1]; z = (x ** 2) % 7", None),
    ],
)
def test_a_language_is_detected_or_none(text: str, language: str | None):
    assert detect_languages([text, text]) == [language, language]


@settings(max_examples=50)
@given(st.text(st.characters(), max_size=400))
def test_any_text_gives_the_same_result_twice(text: str):
    first, second = detect_languages([text, text])
    assert first == second


def test_the_model_is_not_downloaded(monkeypatch: pytest.MonkeyPatch):
    def refuse(*arguments: object) -> None:
        raise AssertionError(f"a connection was opened to {arguments}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    from vouch.validators.rows.language_detection import _detector

    _detector.cache_clear()
    assert detect_languages(["The committee approved the yearly budget on Tuesday."]) == ["en"]
