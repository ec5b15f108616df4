"""States besides the one that is served, opened to be compared with it."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from vouch.index.search.index import Index
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.operations.candidate_index import open_candidate

_MOST = 2
_UNUSED_S = 120.0


@dataclass
class _Opened:
    index: Index
    resources: ExitStack
    uses: int = 0
    timer: threading.Timer | None = field(default=None, repr=False)


class Candidates:
    """Opens candidates and kept states, and keeps the last two for two minutes.

    Opening one copies what is not shared with the published tables, which may take seconds.
    """

    def __init__(self, file: SettingsFile) -> None:
        self._file = file
        self._opened: dict[str, _Opened] = {}
        self._lock = threading.Lock()
        self._opening = threading.Lock()

    @contextmanager
    def index(self, run_id: str) -> Iterator[Index]:
        """Give the state that a run has published or would publish, open until the block ends.

        Raises as `open_candidate` does.
        """
        opened = self._acquire(run_id)
        try:
            yield opened.index
        finally:
            with self._lock:
                opened.uses -= 1
                opened.timer = threading.Timer(_UNUSED_S, self._close, [run_id, opened])
                opened.timer.daemon = True
                opened.timer.start()

    def close(self) -> None:
        """Close all that nobody uses."""
        for run_id, opened in list(self._opened.items()):
            self._close(run_id, opened)

    def _acquire(self, run_id: str) -> _Opened:
        with self._opening:
            with self._lock:
                opened = self._opened.get(run_id)
                if opened is not None:
                    return self._used(opened)
                unused = [key for key, each in self._opened.items() if not each.uses]
            for key in unused[: len(self._opened) - _MOST + 1]:
                self._close(key, self._opened[key])
            with ExitStack() as stack:
                index = stack.enter_context(open_candidate(self._file, run_id))
                stack.callback(index.close)
                opened = _Opened(index, stack.pop_all())
            with self._lock:
                self._opened[run_id] = opened
                return self._used(opened)

    @staticmethod
    def _used(opened: _Opened) -> _Opened:
        opened.uses += 1
        if opened.timer is not None:
            opened.timer.cancel()
        return opened

    def _close(self, run_id: str, opened: _Opened) -> None:
        with self._lock:
            if opened.uses or self._opened.get(run_id) is not opened:
                return
            del self._opened[run_id]
            if opened.timer is not None:
                opened.timer.cancel()
        opened.resources.close()
