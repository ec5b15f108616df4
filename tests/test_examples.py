"""The projects in examples/ do what their READMEs say, in this process and by the public API."""

import re
import runpy
import shutil
import sys
from pathlib import Path

import pytest

import vouch
from vouch.schemas.errors import RunRejected

EXAMPLES = Path(__file__).parent.parent / "examples"
NAMES = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())


@pytest.fixture
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of the example that is named by the test's parameter."""
    folder = tmp_path / request.param
    shutil.copytree(
        EXAMPLES / request.param, folder, ignore=shutil.ignore_patterns("data", "__pycache__")
    )
    return folder


def test_every_example_has_a_readme_and_is_listed():
    overview = (EXAMPLES / "README.md").read_text("utf-8")
    for name in NAMES:
        assert (EXAMPLES / name / "README.md").is_file()
        assert (EXAMPLES / name / "vouch.yaml").is_file()
        assert f"[{name}]({name}/README.md)" in overview


@pytest.mark.parametrize("example", ["handbook"], indirect=True)
def test_the_handbook_guards_its_golden_queries(example: Path):
    record = vouch.ingest(example / "vouch.yaml")
    assert (record.status, record.accounting.published) == ("published", 4)
    [hit] = vouch.open(example / "data/index").search("What may a hotel cost?", k=1)
    assert hit.uri == "travel.md"

    travel = example / "documents/travel.md"
    text = travel.read_text("utf-8")
    travel.write_text(re.sub(r"## Meals.*?(?=## Receipts)", "", text, flags=re.DOTALL), "utf-8")
    with pytest.raises(RunRejected, match="golden queries: recall@5") as rejected:
        vouch.ingest(example / "vouch.yaml")
    report = Path(str(rejected.value).rpartition("its report is ")[2])
    assert "meals" in report.read_text("utf-8")
    assert "32 euros" in vouch.open(example / "data/index").search("money for meals", k=1)[0].text


@pytest.mark.parametrize("example", ["table"], indirect=True)
def test_the_table_quarantines_the_row_that_breaks_its_contract(example: Path):
    record = vouch.ingest(example / "vouch.yaml")
    assert (record.accounting.published, record.accounting.quarantined) == (6, 1)
    filters = ["metadata.audience=members"]
    [hit] = vouch.open(example / "data/index").search("return it too late", k=1, filters=filters)
    assert hit.uri == "faq.csv#key/id=q4"

    rows = example / "faq.csv"
    rows.write_text(rows.read_text("utf-8").replace(",teachers,", ",everyone,"), "utf-8")
    record = vouch.ingest(example / "vouch.yaml")
    counts = record.accounting
    assert (counts.published, counts.unchanged, counts.quarantined) == (1, 6, 0)
    assert counts.vectors_computed == 1


@pytest.mark.parametrize("example", ["application"], indirect=True)
def test_the_application_prints_what_its_readme_shows(
    example: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    readme = (example / "README.md").read_text("utf-8")
    [question] = re.findall(r'main\.py "([^"]+)"', readme)
    [output] = re.findall(r"```\n(plan: .*?)```", readme, re.DOTALL)
    # In this process, which has imported Vouch already: in a new one that takes seconds.
    monkeypatch.syspath_prepend(example)
    monkeypatch.setattr(sys, "argv", ["main.py", question])
    try:
        runpy.run_path(str(example / "main.py"), run_name="__main__")
    finally:
        for name in ("schemas", "index"):
            assert Path(sys.modules.pop(name).__file__).parent == example
    assert capsys.readouterr().out == output
