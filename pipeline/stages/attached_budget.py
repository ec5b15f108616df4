"""One budget for all that is attached to a listed document, whatever is in what."""

from vouch.schemas.settings.parsing import ParsingSettings

_MEGABYTE = 1_000_000


class AttachedBudget:
    """Counts files, bytes and time of what is attached to one listed document, on all levels.

    Archives within archives can each stay within the limits of one archive, and be a bomb as a
    whole.
    """

    def __init__(self, limits: ParsingSettings) -> None:
        self._limits = limits
        self._files = 0
        self._bytes = 0
        self._seconds = 0.0

    def add_files(self, number: int, size: int) -> None:
        """Count further attachments with these bytes together."""
        self._files += number
        self._bytes += size

    def add_seconds(self, seconds: float) -> None:
        """Count the time that a parser took for an attachment."""
        self._seconds += seconds

    @property
    def problem(self) -> str:
        """The limit that is exceeded, as a sentence; "" where none is."""
        limits = self._limits
        if self._bytes > limits.max_attached_mb * _MEGABYTE:
            fact = f"more than {limits.max_attached_mb:g} MB are attached to it"
            setting = "max_attached_mb"
        elif self._files > limits.max_attachments:
            fact = f"more than {limits.max_attachments:,} files are attached to it"
            setting = "max_attachments"
        elif self._seconds > limits.max_attached_s:
            fact = f"what is attached to it took its parsers more than {limits.max_attached_s:g} s"
            setting = "max_attached_s"
        else:
            return ""
        return (
            f"{fact}, on all levels together, as in a bomb; unpack or divide it, or raise "
            f"parsing.{setting}"
        )
