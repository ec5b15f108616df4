"""What is written into settings is read back as the same text."""

from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from vouch.schemas.settings.yaml_scalar import yaml_scalar

AWKWARD = ["true", "12", "1e3", "~", "no", "a: b", "#x", "- x", "", " x", "é", "\u2028", "x\ny"]
AWKWARD += ["..", ".nan", "0x1F", "1_000", "2026-01-01", "C:\\docs", "'", '"', "{a}", "%x", "@x"]


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(AWKWARD))
def test_any_text_is_read_back(text: str):
    for document in (f"path: {yaml_scalar(text)} # seen\n", f"x: [{yaml_scalar(text)}, b]\n"):
        (value,) = YAML(typ="safe").load(document).values()
        assert value in (text, [text, "b"])


def test_plain_paths_stay_plain():
    assert yaml_scalar("../docs/hand-book_2.d") == "../docs/hand-book_2.d"
