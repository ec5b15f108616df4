"""What a listing yields, and the names that it leaves out."""

import re
from typing import Any, TypeAlias

from vouch.schemas.documents.records import Reason

Info = dict[str, Any]
Entry: TypeAlias = tuple[str, Info, Reason | None]
"""A file or folder: its path below the root, its info, and the rule that excludes it."""
_ATTACHED = re.compile(r"#attachment/\d+/")
_MAX_URI = 4096  # characters, as of a path


def rule_of_name(uri: str, include_hidden: bool) -> Reason | None:
    """Return the rule that excludes a file or folder by its name, None where none does."""
    if not include_hidden and uri.rsplit("/", 1)[-1].startswith("."):
        return Reason.HIDDEN
    # The uri of an attachment is that of its document with such an end.
    if not _is_encodable(uri) or _ATTACHED.search(uri) or len(uri) > _MAX_URI:
        return Reason.BAD_NAME
    return None


def _is_encodable(uri: str) -> bool:
    """Return False for a name that is not valid UTF-8 on disk: no table could store it."""
    try:
        uri.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
