"""Ends a command in good order when a signal asks it to: Ctrl-C, `kill`, a closed terminal.

The first signal raises `KeyboardInterrupt` in the main thread, so that locks are released, the
run's record is written and processes end. Further signals change nothing. A thread watches the
time: what has not ended within `GRACE_S`, such as a call of a native library that never returns,
ends all the same. The next run completes what such a run leaves, as after `kill -9`.
"""

import atexit
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

from vouch.error_output import error_json

GRACE_S = 3.0
_WAKE_S = 0.2
_LAST_S = 0.7  # for what other libraries have registered to be done at the end
_OFFSET = 128  # of the exit code of a process that a signal ends, as in every shell
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows lacks the last one


class Interruption:
    """Whether a signal has asked this process to end, and which."""

    def __init__(self, as_json: bool = False) -> None:
        self._as_json = as_json
        self.signal: signal.Signals | None = None
        self._explained = False
        self._at_exit = threading.Lock()

    def explain(self) -> None:
        """Say once that the command was interrupted: as JSON on standard output, or on standard
        error.
        """
        if not self._explained:
            self._explained = True
            code = _OFFSET + (self.signal or signal.SIGTERM)
            text = error_json(str(self), code) if self._as_json else f"vouch: {self}"
            # Not by `print`: the main thread may be in the middle of one, and hold the stream.
            with suppress(OSError, ValueError):  # nobody may read it any more
                stream = sys.stdout if self._as_json else sys.stderr
                os.write(stream.fileno(), f"{text}\n".encode())

    def __str__(self) -> str:
        name = self.signal.name if self.signal else "nothing"
        return (
            f"interrupted by {name}; readers see a whole published state, and the next run "
            "completes what this one had begun"
        )

    def end_process(self) -> NoReturn:
        """End now, without waiting for threads: one may wait for a file that never comes."""
        self.explain()
        _kill_children()
        self._run_exit_functions()
        self._exit()

    def _run_exit_functions(self) -> None:
        """Do once what libraries have registered: two threads at it crash the interpreter."""
        if self._at_exit.acquire(timeout=_LAST_S):
            atexit._run_exitfuncs()

    def _exit(self) -> NoReturn:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # closed: nobody reads it any more
                stream.flush()
        os._exit(_OFFSET + (self.signal or signal.SIGTERM))

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.signal is None:
            self.signal = signal.Signals(number)
            raise KeyboardInterrupt(self.signal.name)

    def _watch(self, pipe: int, ended: threading.Event) -> None:
        """End the process where the main thread cannot do it in time."""
        numbers = {getattr(signal, name) for name in _NAMES if hasattr(signal, name)}
        received = os.read(pipe, 1)
        while received and received[0] not in numbers:
            received = os.read(pipe, 1)  # another signal that somebody handles
        if not received:
            return
        number = signal.Signals(received[0])
        # Where another thread has received it, the main thread may not wake up by itself.
        if not ended.wait(_WAKE_S) and self._is_waiting(number):
            signal.pthread_kill(threading.main_thread().ident or 0, number)
        if ended.wait(GRACE_S):
            return
        self.signal = number
        _kill_children()
        last = threading.Thread(target=self._run_exit_functions, daemon=True)
        last.start()
        last.join(_LAST_S)
        self.explain()
        self._exit()

    def _is_waiting(self, number: signal.Signals) -> bool:
        """Return whether the main thread has not noticed a signal that is its business."""
        return self.signal is None and signal.getsignal(number) == self._handle


def _kill_children() -> None:
    """Kill what is still there: one that starts just then would miss its parent's locks, in a
    traceback.
    """
    for child in multiprocessing.active_children():
        child.kill()


@contextmanager
def interruptible(*, as_json: bool = False) -> Iterator[Interruption]:
    """Turn signals into `KeyboardInterrupt` within the block; signals that are ignored stay so."""
    interruption, before = Interruption(as_json), {}
    if threading.current_thread() is not threading.main_thread():
        yield interruption  # only the main thread may set handlers
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    ended = threading.Event()
    for name in _NAMES:
        number = getattr(signal, name, None)
        # `nohup`, or the shell of a command in the background, may want the signal ignored.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, interruption._handle)
    # The interpreter writes each signal's number here at once, whatever the main thread is doing.
    fd_before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    watch = threading.Thread(target=interruption._watch, args=(reading, ended), daemon=True)
    watch.start()
    try:
        yield interruption
    finally:
        ended.set()
        signal.set_wakeup_fd(fd_before)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(writing)
        watch.join()
        os.close(reading)
