"""What a reader of archives returns: files, and how many members are no files."""

from collections import Counter
from dataclasses import dataclass, field

from vouch.parsers.common.attachment_names import relative_path
from vouch.schemas.documents.records import Attachment, Reason, Reject, Stage
from vouch.schemas.errors import DocumentRejected

_UNNAMED = "unnamed"


@dataclass(slots=True)
class Members:
    """The files of an archive, in its order, and the number of links and devices by kind."""

    files: list[Attachment] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, path: str, data: bytes) -> None:
        """Add a file under its path, which may be hostile or hold no name."""
        self.files.append(Attachment(relative_path(path) or _UNNAMED, data))

    def add_problem(self, path: str, reason: Reason, message: str) -> None:
        """Add a file that cannot be read."""
        reject = Reject(Stage.PARSE, reason, message)
        self.files.append(Attachment(relative_path(path) or _UNNAMED, b"", reject))

    def add_rejected(self, path: str, rejected: DocumentRejected) -> None:
        """Add a file that cannot be read; what is unsafe concerns the whole archive, and raises."""
        if rejected.reason == Reason.UNSAFE:
            raise rejected
        self.add_problem(path, Reason(rejected.reason), rejected.message)

    def left_out_in_words(self) -> str:
        """Return how many links and special files there were, by kind."""
        return ", ".join(f"{number} {kind}" for kind, number in sorted(self.left_out.items()))
