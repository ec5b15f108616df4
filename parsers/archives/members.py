"""What a reader of archives returns: files, and how many members are no files."""

from collections import Counter
from dataclasses import dataclass, field

from vouch.parsers.common.attachment_names import relative_path
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Attachment, Reason, Reject, Stage


@dataclass(slots=True)
class Members:
    """The files of an archive, in its order, and the number of links and devices by kind."""

    files: list[Attachment] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, path: str, data: bytes) -> None:
        """Add a file under its path, which may be hostile; a path without a name adds none."""
        if name := relative_path(path):
            self.files.append(Attachment(name, data))

    def add_problem(self, path: str, reason: Reason, message: str) -> None:
        """Add a file that cannot be read."""
        reject = Reject(Stage.PARSE, reason, message)
        self.files.append(Attachment(relative_path(path) or "unnamed", b"", reject))

    def add_rejected(self, path: str, rejected: DocumentRejected) -> None:
        """Add a file that cannot be read; what is unsafe concerns the whole archive, and raises."""
        if rejected.reason == Reason.UNSAFE:
            raise rejected
        self.add_problem(path, Reason(rejected.reason), rejected.message)
