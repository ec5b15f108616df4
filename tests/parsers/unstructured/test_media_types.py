"""What unstructured partitions is known without importing it, and as the library itself says."""

import pytest
from unstructured.file_utils.model import FileType

from vouch.parsers.engines import canonical
from vouch.parsers.unstructured.media_types import PARTITIONABLE, can_partition

# Converted by LibreOffice without limits; `vouch.parsers.office` reads them within limits.
LEFT_OUT = {FileType.DOC, FileType.PPT}


@pytest.mark.parametrize("media_type", PARTITIONABLE)
def test_each_type_is_one_of_the_library_with_the_same_extra(media_type: str):
    entry = PARTITIONABLE[media_type]
    file_type = FileType.from_mime_type(entry.content_type)
    assert file_type is not None
    assert file_type.is_partitionable
    assert (file_type.extra_name or "") == entry.extra or file_type is FileType.MSG
    # It may need more to be imported than the library checks before it fails.
    assert {*file_type.importable_package_dependencies} <= {*entry.modules}


@pytest.mark.parametrize("file_type", [*FileType])
def test_each_type_of_the_library_is_known_by_all_of_its_names(file_type: FileType):
    names = [file_type.mime_type, *file_type._alias_mime_types]
    is_known = [canonical(name) in PARTITIONABLE for name in names]
    assert is_known == [file_type.is_partitionable and file_type not in LEFT_OUT] * len(names)


def test_pictures_and_sound_take_what_is_not_installed():
    assert not can_partition("audio/wav")
    assert not can_partition("application/x-unknown")
    assert can_partition("text/rtf")
