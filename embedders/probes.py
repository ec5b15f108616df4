"""Probe texts: fixed texts whose vectors say whether a model is still the one that it was.

What a model on this machine is, its files say, and one probe confirms that its software still gives
the same vectors. Of a service nobody sees files: the vectors of several texts stand for them.
"""

from dataclasses import dataclass

import numpy as np

from vouch.embedders.base import PROBE, Vectors
from vouch.schemas.errors import ModelChanged

PROBE_COSINE = 0.999
"""How near to its published probe a model on this machine must be: it runs the same files."""

_NAMED = 3  # probe texts of a message
_SHOWN = 30  # characters of each

_CODE = '''def moving_average(values, width):
    """Yield the mean of each window of `width` values."""
    window, total = deque(), 0.0
    for value in values:
        window.append(value)
        total += value
        if len(window) > width:
            total -= window.popleft()
        if len(window) == width:
            yield total / width  # O(1) for each value
'''

_TABLE = """| Quarter | Region | Units | Revenue (EUR) | Change |
|---|---|---:|---:|---:|
| 2023 Q1 | North | 1,204 | 48,160.50 | +3.1 % |
| 2023 Q1 | South | 987 | 39,480.00 | -0.4 % |
| 2023 Q2 | North | 1,377 | 55,080.75 | +14.4 % |
| 2023 Q2 | South | 1,015 | 40,600.10 | +2.8 % |
| 2023 Q3 | North | 1,290 | 51,600.00 | -6.3 % |
"""

_CONTRACT = (
    "The tenant may terminate this agreement by written notice of three months to the end of a "
    "calendar quarter. Notice by electronic mail is sufficient where both parties have agreed to "
    "it in writing beforehand. If the rent is in arrears for more than two consecutive months, the "
    "landlord may terminate without notice, provided that a reminder was sent at least fourteen "
    "days earlier and remained without effect. The deposit is returned within six weeks after the "
    "keys were handed over, less the cost of repairs for which the tenant is responsible. Ordinary "
    "wear is not such a cost. "
)

_HANDBOOK = (
    "Chapter 4: What to do when the pump stops. First look at the pressure gauge on the left of "
    "the cabinet. A reading below 0.8 bar means that there is air in the pipe; open valve V2 "
    "slowly, wait until water without bubbles comes out of the hose, and close it again. A "
    "reading above 3.5 bar means that the filter is clogged. Switch the pump off at the main "
    "switch before you open the housing, because the motor starts by itself when the pressure "
    "falls. Rinse the filter under running water; never use a wire brush, which damages the "
    "membrane. After 2,000 hours of operation, or once a year, the seal ring (part no. 7741-B) "
    "is replaced, whatever its state. If the red lamp blinks three times, the temperature sensor "
    "does not answer: check the plug, then measure its resistance, which is 10.0 kilohms at 25 "
    "degrees Celsius. Die Wartung darf nur von unterwiesenem Personal durchgeführt werden; die "
    "Betriebsanleitung liegt im Schaltschrank. Avant toute intervention, coupez l'alimentation "
    "et attendez cinq minutes. "
)

PROBES = (
    PROBE,
    "notice period",
    "¿Cuántos días de vacaciones tiene una empleada en su primer año? "
    "Wie lange ist die Kündigungsfrist in der Probezeit?",
    "合同自双方签字之日起生效，有效期为三年。 मानसून जून में आता है। "
    "يبدأ العام الدراسي في سبتمبر. Поезд отправляется в восемь часов.",
    _CODE,
    _TABLE,
    _CONTRACT + "The court of the place where the flat is has jurisdiction. " + _CODE + _CONTRACT,
    _HANDBOOK + _TABLE + _CONTRACT + _HANDBOOK,
)
"""The texts of a service's generation, the first `SHORT_PROBES` short, on different subjects. Never
change one, nor their order: kept vectors would no longer be comparable. Each is there for what
another change of a model shows in: a few words for prefixes and pooling, scripts and figures for
tokens and weights, long texts for where a text is cut.
"""
SHORT_PROBES = 4


@dataclass(frozen=True, eq=False, slots=True)
class ProbeSet:
    """What a model gave for probe texts when its generation began, and how near it must remain.

    `vectors`, shape (texts, dimension), are unit vectors. Where more or fewer texts are compared
    with them, those count that both have. The others are sentences of the message without their
    full stops: who gives other vectors, what that means for what is being done, and what to do.
    """

    texts: tuple[str, ...]
    vectors: Vectors
    least_cosine: float
    blame: str
    remedy: str
    consequence: str = "What was embedded since the last check is not kept; nothing was published"

    def check(self, place: int, vector: Vectors) -> None:
        """Raise `ModelChanged` where `vector`, shape (dimension,), is not that of text `place`."""
        self._refuse({place: cosine(vector, self.vectors[place])})

    def check_all(self, vectors: Vectors) -> None:
        """Raise `ModelChanged` where vectors, shape (texts, dimension), are not these."""
        self._refuse(dict(enumerate(self.cosines(vectors))))

    def cosines(self, vectors: Vectors) -> list[float]:
        """Return how near vectors, shape (texts, dimension), are to these, one by one."""
        return [cosine(now, then) for now, then in zip(vectors, self.vectors, strict=False)]

    def _refuse(self, cosines: dict[int, float]) -> None:
        # Also what is not a number is refused.
        far = [place for place, near in cosines.items() if not near >= self.least_cosine]
        if not far:
            return
        far.sort(key=lambda place: cosines[place])
        named = [
            f"“{' '.join(self.texts[place].split())[:_SHOWN]}…” {cosines[place]:.4f}"
            for place in far[:_NAMED]
        ]
        more = f" and {len(far) - _NAMED} more" if len(far) > _NAMED else ""
        raise ModelChanged(
            f"{self.blame}. Cosines of probe texts: {', '.join(named)}{more}; required: at least "
            f"{self.least_cosine:g}. {self.consequence}. {self.remedy}"
        )


def mean_cosine(vectors: Vectors) -> float:
    """Return the mean cosine of all pairs of unit vectors, shape (n, dimension); 0 for less than
    two.
    """
    count = len(vectors)
    if count < 2:
        return 0.0
    return float((np.sum(vectors @ vectors.T) - count) / (count * (count - 1)))


def required_cosine(setting: float, vectors: Vectors) -> float:
    """Return how near to its probe vectors a service's model must be, by `min_probe_cosine`.

    The setting is meant for models whose unrelated texts have a cosine of 0. One that puts all
    texts near one another moves them less when it changes, and is given as much less room, down to
    what other hardware may change.
    """
    unrelated = max(0.0, mean_cosine(vectors[:SHORT_PROBES]))
    stricter = min(1 - (1 - setting) * (1 - unrelated), PROBE_COSINE)
    return max(setting, round(stricter, 4))


def cosine(left: Vectors, right: Vectors) -> float:
    """Return the cosine of two unit vectors; 0 where their lengths differ."""
    return float(left @ right) if left.shape == right.shape else 0.0


def is_reproduced(probe: Vectors, published_probe: Vectors) -> bool:
    """Return whether two vectors of a text come from the same model on this machine."""
    return cosine(probe, published_probe) >= PROBE_COSINE
