"""How large requests are: few tokens at first, then as many as the service answers in good time."""

import threading

_FIRST_TOKENS = 8192
_MARGIN = 0.9  # of the limit: the local tokenizer is not the service's, and a probe text is added
_GROWTH = 4
# Of the time limit of a request: one that takes longer than it on a busy day is repeated in vain.
_TIME_SHARE = 0.25
_FEWEST_TEXTS = 64  # of a request that is made smaller only so that several are sent at a time
_LEAST_BYTES = 4  # bytes of a token, at most, where the local tokenizer has counted fewer tokens
_MAX_RATIO = 5.0


class RequestSize:
    """The size of the next requests; used from several threads.

    A request that times out or is refused makes them smaller, one that is answered larger again.
    """

    def __init__(self, max_inputs: int, max_tokens: float, timeout_s: float) -> None:
        self._max_inputs, self._max_tokens = max_inputs, max_tokens * _MARGIN
        self._target_s = timeout_s * _TIME_SHARE
        self._lock = threading.Lock()
        self._inputs, self._tokens = max_inputs, min(_FIRST_TOKENS, self._max_tokens)
        self._ratio = 1.0

    @property
    def tokens(self) -> float:
        """The most tokens of a request."""
        return self._tokens

    def inputs(self, texts: int, requests: int) -> int:
        """Return the most texts of a request, where so many texts are left and so many requests are
        sent at the same time.
        """
        return min(self._inputs, max(_FEWEST_TEXTS, -(-texts // requests)))

    def estimate(self, text: str, tokens: int) -> float:
        """Return about how many tokens the service counts where the local tokenizer counts these.

        Scripts that the local tokenizer does not have are few tokens for it, and many bytes.
        """
        return self._ratio * (max(tokens, len(text.encode()) / _LEAST_BYTES) + 2)

    def answered(self, inputs: int, estimate: float, tokens: int | None, seconds: float) -> None:
        """Learn from a request that was answered; `tokens` are those that the service counted."""
        with self._lock:
            if tokens is not None and estimate:
                observed = self._ratio * tokens / estimate
                self._ratio = min(max((self._ratio + observed) / 2, 1 / _MAX_RATIO), _MAX_RATIO)
            self._inputs = min(self._max_inputs, max(self._inputs, 2 * inputs))
            in_time = estimate * self._target_s / max(seconds, 1e-3)
            if estimate > self._tokens / 2 or in_time < self._tokens:
                most = min(in_time, self._tokens * _GROWTH, self._max_tokens)
                self._tokens = max(most, self._tokens / _GROWTH, 1.0)

    def failed(self, inputs: int, estimate: float) -> None:
        """Learn from a request that was refused, or took too long."""
        with self._lock:
            self._inputs = max(1, min(self._inputs, inputs // 2))
            self._tokens = max(1.0, min(self._tokens, estimate / 2))
