"""A plan kept in a file: what a person has seen and approved is then done, and nothing else."""

from pathlib import Path

from pydantic import ValidationError

from vouch.pipeline.context.text_files import read_text, write_text
from vouch.pipeline.planning.plan import Action, Plan
from vouch.schemas.documents.ids import fingerprint
from vouch.schemas.errors import PlanStale, SettingsError
from vouch.schemas.strict import Strict
from vouch.storage.location import Location

_EXAMPLES = 3


class SavedPlan(Strict):
    """Each document's action and state when the plan was saved, by source and uri; unchanged ones
    are only counted.
    """

    settings_sha256: str
    documents: dict[str, str]
    unchanged: int

    @classmethod
    def of(cls, plan: Plan, settings_sha256: str) -> "SavedPlan":
        documents = {}
        for planned in plan.decided:
            # Most of a corpus is unchanged; naming it would make the file as large as the listing.
            if planned.action not in (Action.UNCHANGED, Action.WAITING):
                item = planned.item
                state = fingerprint(
                    {"size": item.size, "etag": item.etag, "modified": item.modified}
                )
                documents[f"{item.source}/{item.uri}"] = f"{planned.action} {state} {planned.why}"
        unchanged = plan.size - len(documents)
        return cls(settings_sha256=settings_sha256, documents=documents, unchanged=unchanged)

    @classmethod
    def read(cls, place: Path | Location) -> "SavedPlan":
        """Read a plan that was saved. Raises `SettingsError`."""
        try:
            return cls.model_validate_json(read_text(place))
        except ValidationError as error:
            raise SettingsError(
                f"{place} is not a saved plan of this version; `vouch plan --save` writes one"
            ) from error

    def write(self, place: Path | Location) -> None:
        """Write the plan as JSON. Raises `SettingsError` where the file cannot be written."""
        write_text(place, self.model_dump_json(indent=1))

    def refuse_stale(self, now: "SavedPlan") -> None:
        """Raise `PlanStale` where something else would be done now."""
        if self.settings_sha256 != now.settings_sha256:
            raise PlanStale(
                "the settings have changed since the plan was saved; look at `vouch plan` and save "
                "it again"
            )
        names = sorted(self.documents.keys() | now.documents.keys())
        changed = [name for name in names if self.documents.get(name) != now.documents.get(name)]
        if not changed and self.unchanged == now.unchanged:
            return
        examples = "; ".join(
            f"{name}: {self._action(name)}, now {now._action(name)}" for name in changed[:_EXAMPLES]
        )
        raise PlanStale(
            f"{len(changed) or 'some unchanged'} documents differ from what they were when the "
            f"plan was saved ({examples}); look at `vouch plan` and save it again"
        )

    def _action(self, name: str) -> str:
        return self.documents.get(name, "unchanged").split(" ", 1)[0]
