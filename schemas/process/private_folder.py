"""Makes folders that only their owner can enter: they hold what the documents say."""

from pathlib import Path

_OWNER_ONLY = 0o700


def make_private_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, each for its owner only.

    A folder that exists keeps its rights: whoever has opened it to a group of readers meant to. In
    a new one files get the rights of the umask. Raises `OSError`.
    """
    for missing in (*reversed(folder.parents), folder):
        if not missing.exists():
            missing.mkdir(mode=_OWNER_ONLY, exist_ok=True)
