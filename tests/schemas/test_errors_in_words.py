"""What errors say to people: words, and of a foreign error the library that says them."""

from pathlib import Path

import polars as pl
import pytest

from vouch.schemas.errors import IndexError_, failure, failure_kind, in_words
from vouch.schemas.runs.record import RunRecord


def raised(work) -> Exception:
    with pytest.raises(Exception) as caught:
        work()
    return caught.value


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (lambda: {}["x"], "there is no 'x' (says "),
        (lambda: Path("none").read_text(), "No such file or directory: 'none' (says Python)"),
        (lambda: pl.DataFrame({"a": [1]}).select("b"), "(says polars)"),
        (lambda: (_ for _ in ()).throw(TimeoutError()), "it took too long (says "),
        (lambda: (_ for _ in ()).throw(OSError()), "an error without a message (says "),
    ],
)
def test_a_foreign_error_says_which_library_says_it(work, words: str):
    error = raised(work)
    assert words in in_words(error)
    assert type(error).__name__ not in failure(error)
    assert failure_kind(error) == type(error).__name__


def test_an_error_of_our_own_says_what_it_says():
    assert failure(IndexError_("it is gone; look")) == "it is gone; look"
    assert failure_kind(KeyboardInterrupt()) == ""


def test_records_of_earlier_versions_have_the_class_before_the_message(tmp_path: Path):
    common = {
        "run_id": "r",
        "started_at": "2026-01-01T00:00:00Z",
        "settings_sha256": "",
        "code_version": "",
    }
    old = RunRecord.model_validate(common | {"error": "SourceRefused: there is: no folder"})
    assert (old.error_kind, old.error) == ("SourceRefused", "there is: no folder")
    assert RunRecord.model_validate_json(old.model_dump_json()) == old
    for error in ("the run was cut short (killed); nothing", "http://x: no", None):
        assert RunRecord.model_validate(common | {"error": error}).error == error
