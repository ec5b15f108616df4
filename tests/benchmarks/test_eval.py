import pytest

from benchmarks.eval import COLLECTIONS, main, refusal


def test_a_folder_without_the_collections_is_refused_with_what_to_pass(tmp_path):
    with pytest.raises(SystemExit, match="lacks chunking, cranfield.*make eval CORPORA="):
        main([str(tmp_path)])


def test_only_the_folders_that_are_asked_for_must_be_there(tmp_path):
    (tmp_path / "cranfield").mkdir()
    assert refusal(tmp_path, ["cranfield"]) is None
    assert "lacks xquad" in refusal(tmp_path, ["cranfield", "xquad"])


def test_an_unknown_name_is_refused_with_those_there_are(tmp_path):
    with pytest.raises(SystemExit, match=f"no measurement cranfeld; there are {', '.join(COLLECTIONS)}"):
        main([str(tmp_path), "cranfeld"])
