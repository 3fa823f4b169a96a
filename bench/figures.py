"""What a measurement yields: figures beside their targets."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the table. ``must`` None: told for information; ``detail`` says what lies behind it, in absolute figures."""

    row: str
    what: str
    value: float
    unit: str = "×"
    must: tuple[Literal["≥", "≤", "="], float] | None = None
    detail: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None when there is none."""
        if self.must is None:
            return None
        sign, limit = self.must
        shown = round(self.value, 2)
        return (
            shown >= limit
            if sign == "≥"
            else shown <= limit
            if sign == "≤"
            else self.value == limit
        )

    @property
    def shown(self) -> str:
        """The value with its unit."""
        return _number(self.value, self.unit)

    @property
    def target(self) -> str:
        """The target with its unit, or empty."""
        return "" if self.must is None else f"{self.must[0]} {_number(self.must[1], self.unit)}"


def _number(value: float, unit: str) -> str:
    digits = f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"
    return f"{digits} {unit}".strip()


def quantile(values: Sequence[float], part: float) -> float:
    """The value that ``part`` (0-1) of ``values`` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def interleaved(rounds: int, *measures: Callable[[], float]) -> list[list[float]]:
    """Ask each of ``measures`` in turn, ``rounds`` times, so that noise of the machine meets all of them alike; one list for each."""
    taken: list[list[float]] = [[] for _ in measures]
    for _ in range(rounds):
        for measure, values in zip(measures, taken, strict=True):
            values.append(measure())
    return taken


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """The median of the ratios of neighbouring measurements."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))
