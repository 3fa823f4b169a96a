"""Figures, their targets, and the statistics behind them."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the table.

    ``limit`` is None if the figure has no target. ``detail`` gives the absolute values behind it.
    """

    row: str
    what: str
    value: float
    unit: str = "×"
    limit: tuple[Literal["≥", "≤", "="], float] | None = None
    detail: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached, or None if there is no target."""
        if self.limit is None:
            return None
        sign, limit = self.limit
        if sign == "=":
            return self.value == limit
        rounded = round(self.value, 2)
        return rounded >= limit if sign == "≥" else rounded <= limit

    @property
    def shown(self) -> str:
        """The value with its unit."""
        return _number(self.value, self.unit)

    @property
    def target(self) -> str:
        """The target with its unit, or "" if there is no target."""
        return "" if self.limit is None else f"{self.limit[0]} {_number(self.limit[1], self.unit)}"


def _number(value: float, unit: str) -> str:
    digits = f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"
    return f"{digits} {unit}".strip()


def quantile(values: Sequence[float], part: float) -> float:
    """Return the value that a ``part`` (0-1) of ``values`` does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def interleaved(rounds: int, *measures: Callable[[], float]) -> list[list[float]]:
    """Call each of ``measures`` in turn, ``rounds`` times, and return a list of values for each.

    In turn, so that noise of the machine affects all of them equally.
    """
    results: list[list[float]] = [[] for _ in measures]
    for _ in range(rounds):
        for measure, values in zip(measures, results, strict=True):
            values.append(measure())
    return results


def ratio(values: Sequence[float], bases: Sequence[float]) -> float:
    """Return the median of the ratios of measurements from the same round."""
    return statistics.median(value / base for value, base in zip(values, bases, strict=True))
