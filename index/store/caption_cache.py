"""Descriptions of figures that a service was paid for, so that no run pays for one again.

    <work_path>/captions/<name>.json

A name says picture, model and prompt. Whoever empties the work folder pays again where a document
is parsed again, and its text may change.
"""

import json

from vouch.storage.location import Location


class StoredCaptions:
    """The files below a work folder. Used from several threads and processes."""

    def __init__(self, work: Location) -> None:
        """`work` is the place that `run.work_path` names."""
        self._place = work / "captions"

    def get(self, name: str) -> str | None:
        """Return a description; None where there is none, or its file is damaged."""
        try:
            content = json.loads((self._place / f"{name}.json").read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        text = content.get("text") if isinstance(content, dict) else None
        return text if isinstance(text, str) else None

    def put(self, name: str, text: str) -> None:
        """Keep a description; the first one of a name stays."""
        content = json.dumps({"text": text}, ensure_ascii=False).encode()
        (self._place / f"{name}.json").create(content)
