"""A run says how much of what it embeds the model does not know, and warns by source."""

from pathlib import Path

import pytest

from tests.pipeline.steps import failed, run
from vouch.reports.metrics import metrics_text
from vouch.reports.run_report import render_run
from vouch.schemas.runs.record import Severity

THAI = "ค่าใช้เครนชั่วโมงละสามร้อยบาทประภาคารดูแลโดยเทศบาลเมือง" * 20
RUSSIAN = "Это короткое предложение о старой гавани и её маяке. " * 12
ENGLISH = "The lighthouse is looked after by the town, which has done so since 1904. " * 20
CHECK = "unknown_token_share"


def config(project, model: Path, documents: dict[str, str], more: str = "") -> Path:
    sections = f"embedding: {{model: {model}}}\nindex: {{max_delete_share: 1.0}}\n{more}"
    return project({name: text.encode() for name, text in documents.items()}, sections)


def test_texts_that_the_model_does_not_know_warn_with_documents_and_what_to_do(
    project, tiny_model: Path
):
    settings = config(project, tiny_model, {"thai.md": THAI, "ru.md": RUSSIAN, "en.md": ENGLISH})
    record = run(settings)
    assert failed(record)[CHECK] is Severity.WARN
    (check,) = (check for check in record.verdict.checks if check.id == CHECK)
    for part in ("th", "ru", "thai.md", "ru.md", "multilingual"):
        assert part in check.message
    assert "en.md" not in check.message
    rows = {row.language: row for row in record.vocabulary}
    assert rows["th"].unknown_characters == len(THAI)
    assert rows["th"].unknown_tokens == rows["th"].texts == 3
    assert rows["ru"].spelled_characters > 0.8 * rows["ru"].characters
    assert (rows["en"].unknown_share, rows["en"].documents) == (0, 0)
    assert 'source="docs"' in metrics_text([record])
    page = render_run(record)
    assert "Vocabulary" in page
    assert "thai.md" in page


def test_a_run_that_embeds_nothing_or_only_known_texts_does_not_warn(project, tiny_model: Path):
    settings = config(project, tiny_model, {"en.md": ENGLISH, "mixed.md": f"{ENGLISH} {THAI[:50]}"})
    record = run(settings)
    assert CHECK not in failed(record)
    assert record.vocabulary
    assert run(settings).vocabulary == ()


@pytest.mark.parametrize(("share", "warns"), [(1.0, False), (0.0, True)])
def test_a_setting_says_from_which_share(project, tiny_model: Path, share: float, warns: bool):
    more = f"contracts: {{batch: {{warn_unknown_token_share: {share}}}}}\n"
    settings = config(project, tiny_model, {"thai.md": THAI, "en.md": ENGLISH}, more)
    assert (CHECK in failed(run(settings))) is warns
