"""The documents of the sample in small shards, in settings for this machine or for a cluster."""

import json
import shutil
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).parents[2] / "data/sample/documents"


def copy_documents(folder: Path, *parts: str) -> Path:
    """Copy the named folders of the sample, or all of it, and return where they are."""
    for part in parts or (".",):
        shutil.copytree(SAMPLE / part, folder / part, dirs_exist_ok=True)
    # Documents that are rejected, and texts that are equal in different shards.
    (folder / "broken.json").write_text("{")
    (folder / "empty.txt").write_text("")
    for number in range(3):
        (folder / f"notice-{number}.md").write_text(f"# Notice {number}\n\nThe same text thrice.")
    return folder


def local_project(folder: Path, documents: Path, model: Path) -> Path:
    """Write settings that keep everything in the folder, and return their path."""
    return _write(folder, documents, model, {}, {})


def store_project(
    folder: Path,
    documents: Path | str,
    model: Path,
    bucket: str,
    options: dict[str, str],
    cluster: dict[str, Any] | None = None,
) -> Path:
    """Write settings that keep everything in the bucket, and return their path."""
    run = {"work_path": f"{bucket}/work", "report_path": f"{bucket}/reports"}
    if cluster:
        run["cluster"] = cluster
    more = {"index": {"path": f"{bucket}/index"}, "storage": {"options": options, "lease_s": 30}}
    return _write(folder, documents, model, run, more)


def _write(
    folder: Path, documents: Path | str, model: Path, run: dict[str, Any], more: dict[str, Any]
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "sources": [{"name": "docs", "path": str(documents), "compare": "modified"}],
        "embedding": {"model": str(model)},
        "parsing": {"workers": 1},
        "run": {"shard_documents": 3} | run,
    }
    (folder / "vouch.yaml").write_text(json.dumps(settings | more), "utf-8")
    return folder / "vouch.yaml"
