from importlib import import_module

import pytest

from benchmarks.eval import EVAL
from benchmarks.speed.__main__ import SPEED
from benchmarks.suite import Suite


def test_a_folder_without_the_collections_is_refused_with_a_hint(tmp_path):
    with pytest.raises(SystemExit, match="lacks .*chunking, cranfield.*make eval CORPORA="):
        EVAL.main([str(tmp_path)])


def test_only_the_folders_of_the_named_measurements_must_exist(tmp_path):
    (tmp_path / "cranfield").mkdir()
    assert EVAL.refusal(tmp_path, ["cranfield"]) is None
    assert "lacks xquad" in EVAL.refusal(tmp_path, ["cranfield", "xquad"])


def test_an_unknown_measurement_is_refused_with_the_known_names(tmp_path):
    with pytest.raises(
        SystemExit, match=f"no measurement cranfeld; there are {', '.join(EVAL.measurements)}"
    ):
        EVAL.main([str(tmp_path), "cranfeld"])


@pytest.mark.parametrize("suite", [EVAL, SPEED], ids=lambda suite: suite.make)
def test_every_measurement_can_be_imported(suite: Suite):
    for module, _ in suite.measurements.values():
        assert callable(import_module(module).tables)
