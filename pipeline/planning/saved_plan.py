"""A plan kept in a file: what a person has seen and agreed to, and nothing else, is then done."""

from pathlib import Path

from pydantic import ValidationError

from vouch.pipeline.planning.plan import Plan
from vouch.schemas.errors import PlanStale, SettingsError
from vouch.schemas.ids import fingerprint
from vouch.schemas.strict import Strict

_NAMED = 3


class SavedPlan(Strict):
    """Each document's action and state at the time, by source and uri; unchanged ones are counted only."""

    settings_sha256: str
    documents: dict[str, str]
    unchanged: int

    @classmethod
    def of(cls, plan: Plan, settings_sha256: str) -> "SavedPlan":
        told = {}
        for one in plan.decided:
            if one.action not in ("unchanged", "held"):
                state = fingerprint(
                    {"size": one.item.size, "etag": one.item.etag, "modified": one.item.modified}
                )
                told[f"{one.item.source}/{one.item.uri}"] = f"{one.action} {state} {one.why}"
        return cls(settings_sha256=settings_sha256, documents=told, unchanged=plan.size - len(told))

    @classmethod
    def read(cls, path: Path) -> "SavedPlan":
        """Raises `SettingsError`."""
        try:
            return cls.model_validate_json(path.read_text("utf-8"))
        except (OSError, ValidationError) as error:
            raise SettingsError(
                f"{path} is not a saved plan ({error}); `vouch plan --save` writes one"
            ) from error

    def write(self, path: Path) -> None:
        path.write_text(self.model_dump_json(indent=1), encoding="utf-8")

    def refuse_stale(self, now: "SavedPlan") -> None:
        """Raise `PlanStale` where something else would be done now."""
        if self.settings_sha256 != now.settings_sha256:
            raise PlanStale(
                "the settings have changed since the plan was saved; look at `vouch plan` and save it again"
            )
        names = sorted(self.documents.keys() | now.documents.keys())
        other = [name for name in names if self.documents.get(name) != now.documents.get(name)]
        if other or self.unchanged != now.unchanged:
            named = "; ".join(
                f"{name}: {self._told(name)}, now {now._told(name)}" for name in other[:_NAMED]
            )
            raise PlanStale(
                f"{len(other) or 'some unchanged'} documents are not as they were when the plan was saved ({named}); look at "
                "`vouch plan` and save it again"
            )

    def _told(self, name: str) -> str:
        return self.documents.get(name, "unchanged").split(" ", 1)[0]
