"""Loading vouch.yaml: what cannot work is refused with its key and line, before any work."""

from pathlib import Path

import pytest

from vouch.pipeline.context.settings_loader import read_settings
from vouch.schemas.errors import SettingsError


def test_a_missing_folder_is_refused_with_the_nearest_one(tmp_path: Path):
    (tmp_path / "documents").mkdir()
    file = tmp_path / "vouch.yaml"
    file.write_text("sources:\n  - name: docs\n    path: documets\n")
    with pytest.raises(
        SettingsError, match=r"vouch\.yaml, line 3: sources\.0\.path: .*did you mean .*documents\?"
    ):
        read_settings(file)


def test_a_database_that_does_not_exist_is_refused_by_its_key(tmp_path: Path):
    file = tmp_path / "vouch.yaml"
    file.write_text(
        "sources:\n  - kind: table\n    name: shop\n    url: 'sqlite:///no.db'\n    table: t\n"
        "    key: [id]\n    text: '{{ name }}'\n"
    )
    with pytest.raises(SettingsError, match=r"line 4: sources\.0\.url: .*there is no database"):
        read_settings(file)


def test_without_a_file_the_message_names_the_command_that_writes_one(tmp_path: Path):
    with pytest.raises(SettingsError, match="vouch init"):
        read_settings(tmp_path / "vouch.yaml")
