from importlib import import_module

import pytest

from benchmarks.eval import EVAL
from benchmarks.speed.__main__ import SPEED
from benchmarks.suite import Suite


def test_a_folder_without_the_collections_is_refused_with_what_to_pass(tmp_path):
    with pytest.raises(SystemExit, match="lacks chunking, cranfield.*make eval CORPORA="):
        EVAL.main([str(tmp_path)])


def test_only_the_folders_that_are_asked_for_must_be_there(tmp_path):
    (tmp_path / "cranfield").mkdir()
    assert EVAL.refusal(tmp_path, ["cranfield"]) is None
    assert "lacks xquad" in EVAL.refusal(tmp_path, ["cranfield", "xquad"])


def test_an_unknown_name_is_refused_with_those_there_are(tmp_path):
    with pytest.raises(
        SystemExit, match=f"no measurement cranfeld; there are {', '.join(EVAL.measurements)}"
    ):
        EVAL.main([str(tmp_path), "cranfeld"])


@pytest.mark.parametrize("suite", [EVAL, SPEED], ids=lambda suite: suite.make)
def test_every_measurement_is_there(suite: Suite):
    for module, _ in suite.measurements.values():
        assert callable(import_module(module).tables)
