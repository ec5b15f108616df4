"""Embeds by an HTTP service with OpenAI's interface.

A request that fails for a reason that passes is repeated until a deadline; a reason that does not
pass stops the run. Texts that a service refuses, or never answers, are found by halving their
request, and come back with the service's words: they are no reason to stop the others.
"""

import threading
from collections.abc import Callable, Sequence
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vouch.embedders.base import PROBE, Embedded, RequestMeter, Vectors
from vouch.embedders.probes import ProbeSet
from vouch.embedders.service.failures import Failure, RequestFailed
from vouch.embedders.service.patience import Deadline, Halt
from vouch.embedders.service.request_size import RequestSize
from vouch.embedders.service.requester import Request, Requester
from vouch.embedders.service.service_client import Answer, ServiceClient
from vouch.embedders.service.work import Work
from vouch.schemas.errors import TextRefused

if TYPE_CHECKING:
    from vouch.embedders.service.service_model_card import ServiceModelCard

_SHORT_PROBE = 400  # characters of a probe text that travels with a request's texts
_ROUNDS = {Failure.SLOW: 2, Failure.ERROR: 3}
"""How often the service fails on one text, and then answers a probe, until the text is to blame;
never for too many requests.
"""
_REFUSALS = 8  # of texts in a row, after which the service is asked whether it refuses everything


class ServiceEngine:
    """The engine of a model that a service runs; used from several threads.

    Attributes:
        expected: What the model must give for its probe texts, where that is checked in each
            request.
    """

    def __init__(self, card: "ServiceModelCard") -> None:
        self._card, self._service = card, card.service
        self.about = f"the service at {urlsplit(card.service.url).hostname}"
        self._requester = Requester(card.service, ServiceClient(card))
        self._size = RequestSize(
            self._service.max_inputs, self._service.max_request_tokens, self._service.timeout_s
        )
        self.expected: ProbeSet | None = None
        self._rotation = count()
        self._lock = threading.Lock()
        self._halts: set[Halt] = set()
        self._has_stopped = False
        # Of texts since the last answer; the first one is a reason to ask too.
        self._refusals = _REFUSALS

    def share_limits(self, workers: int) -> None:
        """Keep to an equal part of the limits of a run that so many processes work for."""
        self._requester.limit.share(workers)

    def stop(self) -> None:
        """End all requests: whoever waits for vectors gets an `EmbeddingError` at once."""
        with self._lock:
            self._has_stopped = True
            for halt in self._halts:
                halt.abandon()

    def encode(
        self,
        texts: Sequence[str],
        meter: RequestMeter | None = None,
        *,
        timeout_s: float | None = None,
        with_probe: bool = False,
    ) -> Vectors:
        """Return unit vectors, shape (n, dimension), of a few texts by one request: of probes and
        queries. With `timeout_s` seconds there is one attempt, which no limit of runs delays; with
        a probe the request checks the model too.

        Raises `EmbeddingError`, `TextRefused` for a query, and `ModelChanged` for the probe.
        """
        halt = self._open_halt()
        inputs, place = self._with_probe(texts) if with_probe else (list(texts), None)
        tokens = sum(self._size.estimate(text, 0) for text in inputs)
        request = Request(inputs, (), tokens, meter, halt)
        try:
            if timeout_s is None:
                deadline = self._deadline()
                answer = halt.wait_for(lambda: self._requester.ask(request, deadline))
            else:
                deadline = Deadline(timeout_s, "embedding.service.search_timeout_s")
                deadline.start()
                answer = halt.wait_for(lambda: self._requester.ask_once(request, deadline))
        except RequestFailed as failure:
            stopped = self._requester.stopped(failure, deadline)
            if timeout_s is not None and failure.kind is Failure.TEXTS:
                raise TextRefused(str(stopped)) from None
            raise stopped from None
        finally:
            self._close_halt(halt)
        return self._checked(answer, place, (), meter)

    def embed(
        self,
        texts: Sequence[str],
        token_counts: Sequence[int],
        progress: Callable[[int], None] = lambda _: None,
        meter: RequestMeter | None = None,
    ) -> Embedded:
        """Return unit vectors of texts, and what the service said of those that it refuses.

        `token_counts` are estimates; for the others see `Embedder.embed_documents`. Raises
        `EmbeddingError` where the service does not answer, or refuses everything, `ModelChanged`,
        and `BudgetExceeded`; requests that are sent by then are waited for, because they are paid.
        """
        halt = self._open_halt()
        estimates = [
            self._size.estimate(text, tokens)
            for text, tokens in zip(texts, token_counts, strict=True)
        ]
        work = Work(texts, estimates, self._card.dimension, halt, progress, meter)
        try:
            work.run(self._embed_batches, self._service.parallel_requests)
        finally:
            self._close_halt(halt)
        return Embedded(work.vectors, work.refused)

    def _open_halt(self) -> Halt:
        halt = Halt()
        with self._lock:
            if self._has_stopped:
                halt.abandon()
            self._halts.add(halt)
        halt.check()
        return halt

    def _close_halt(self, halt: Halt) -> None:
        halt.end()
        with self._lock:
            self._halts.discard(halt)

    def _embed_batches(self, work: Work) -> None:
        """Embed what nobody else has begun, until nothing is left."""

        def max_inputs(left: int) -> int:
            most = self._size.inputs(left, self._service.parallel_requests)
            # One is for a probe text.
            return max(1, min(most, self._service.max_inputs - (self.expected is not None)))

        while batch := work.next_batch(
            min(self._size.tokens, self._requester.limit.max_tokens), max_inputs
        ):
            pending = [batch]
            while pending:
                places = pending.pop()
                try:
                    self._embed_request(work, places)
                except RequestFailed as failure:
                    if len(places) == 1:
                        work.refuse(places[0], failure.words)
                    half = len(places) // 2
                    pending += [part for part in (places[half:], places[:half]) if half]

    def _embed_request(self, work: Work, places: Sequence[int]) -> None:
        """Embed texts by one request. Raises `RequestFailed` where the texts are the reason."""
        inputs, place = self._with_probe([work.texts[each] for each in places])
        estimate = work.estimate(places)
        request = Request(inputs, places, estimate, work.meter, work.halt)
        deadline, rounds = self._deadline(), 0
        while True:
            try:
                answer = self._requester.ask(request, deadline, is_patient=False)
                break
            except RequestFailed as failure:
                rounds += 1
                if failure.kind in (Failure.TEXTS, Failure.SLOW):
                    self._size.failed(len(places), estimate)
                self._stop_where_all_fail(failure, work, deadline)
                is_one = len(places) == 1
                if not is_one or failure.kind is Failure.TEXTS:
                    raise
                if failure.kind is not Failure.BUSY:
                    if rounds >= _ROUNDS[failure.kind]:
                        failure.words += f" ({rounds} times, while it answers for others)"
                        raise
                    deadline = self._deadline()  # the service works, as the probe has shown
        work.halt.check_abandoned()
        self._refusals = 0
        self._size.answered(len(places), estimate, answer.tokens, answer.seconds)
        work.store(places, self._checked(answer, place, places, work.meter))

    def _stop_where_all_fail(self, failure: RequestFailed, work: Work, deadline: Deadline) -> None:
        """Raise `EmbeddingError` unless the service answers a probe, so that texts are the reason.

        A probe waits until the service answers again.
        """
        if failure.kind is Failure.FINAL or deadline.is_over:
            raise self._requester.stopped(failure, deadline)
        if failure.kind is Failure.TEXTS:
            self._refusals += 1
            if self._refusals <= _REFUSALS:
                return
        request = Request([PROBE], (), 100, work.meter, work.halt)
        try:
            answer = self._requester.ask(request, deadline)
        except RequestFailed as second:
            raise self._requester.stopped(second, deadline) from None
        self._refusals = 0
        if work.meter:
            work.meter.answered((), answer.tokens, answer.vectors[:0])

    def _deadline(self) -> Deadline:
        return Deadline(self._service.deadline_s, "embedding.service.deadline_s")

    def _with_probe(self, texts: Sequence[str]) -> tuple[list[str], int | None]:
        """Return the inputs of a request, and which of the expected probe texts is its last one."""
        if self.expected is None or len(texts) >= self._service.max_inputs:
            return list(texts), None
        probes = self.expected.texts
        short = [place for place, text in enumerate(probes) if len(text) <= _SHORT_PROBE]
        place = short[next(self._rotation) % len(short)]
        return [*texts, probes[place]], place

    def _checked(
        self, answer: Answer, place: int | None, places: Sequence[int], meter: RequestMeter | None
    ) -> Vectors:
        """Return the vectors of the texts, once that of the probe text is the expected one."""
        vectors = answer.vectors
        if place is not None and self.expected is not None:
            self.expected.check(place, vectors[-1])
            vectors = vectors[:-1]
        if meter:
            meter.answered(places, answer.tokens, vectors[: len(places)])
        return vectors
