"""Every kind of damage to a file of every kind of the index, one after the other."""

from pathlib import Path

import pytest

from tests.hostile.damaged_index import (
    DAMAGES,
    Published,
    copy_of,
    files_by_kind,
    make_index,
    require_way_out,
)
from vouch.pipeline.context.settings_loader import read_settings
from vouch.schemas.errors import VouchError

pytestmark = pytest.mark.soak


def test_every_kind_of_file_and_damage(tmp_path: Path, tiny_model: Path):
    settings = make_index(tmp_path, tiny_model)
    before = Published.of(settings)
    problems = []
    for kind, files in files_by_kind(read_settings(settings).index_folder).items():
        for name, damage in DAMAGES.items():
            copy = copy_of(settings, tmp_path.with_name(f"{kind} {name}".replace(" ", "_")))
            damage(copy.parent / files[-1].relative_to(settings.parent))
            try:
                require_way_out(copy, before)
            except (AssertionError, VouchError) as error:
                problems.append(f"{kind}, {name}: {error}"[:500])
    assert not problems, "\n".join(problems)
