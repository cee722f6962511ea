"""Collects a trial's measurements, over several executions where there are."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from tuner_component.evaluation import Report
from tuner_component.trial import Measurement


class LearningCurve:
    """Metrics by epoch; those of repeated executions are averaged.

    Args:
        report: Called once an epoch, in the first execution that gets there.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._clock = time.monotonic()
        self._logs: dict[int, list[dict[str, float]]] = {}
        self._seconds: dict[int, float] = {}

    def add(self, epoch: int, logs: Mapping[str, Any] | None) -> None:
        """Takes the metrics at the end of an epoch, which counts from 0."""
        resource, metrics = int(epoch) + 1, _numbers(logs or {})
        seconds = time.monotonic() - self._clock
        self._seconds[resource] = seconds
        self._logs.setdefault(resource, []).append(metrics)
        if len(self._logs[resource]) == 1:
            self._report(Measurement(resource, metrics, seconds))

    def add_histories(self, results: Any) -> None:
        """Takes Keras histories, unless epochs were already seen as they ended."""
        if self._logs:
            return
        for result in results if isinstance(results, list) else [results]:
            if isinstance(getattr(result, "history", None), dict):
                for index, epoch in enumerate(result.epoch):
                    self.add(epoch, _at(result.history, index))

    def measurements(self) -> tuple[Measurement, ...]:
        """Returns the curve, oldest first."""
        return tuple(
            Measurement(resource, _mean(logs), self._seconds[resource])
            for resource, logs in sorted(self._logs.items())
        )


def _at(history: Mapping[str, Any], index: int) -> dict[str, Any]:
    return {name: values[index] for name, values in history.items()}


def _numbers(logs: Mapping[str, Any]) -> dict[str, float]:
    numbers = {}
    for name, value in logs.items():
        try:
            numbers[name] = float(value)
        except (TypeError, ValueError):
            continue
    return numbers


def _mean(logs: Iterable[Mapping[str, float]]) -> dict[str, float]:
    values: dict[str, list[float]] = {}
    for metrics in logs:
        for name, value in metrics.items():
            values.setdefault(name, []).append(value)
    return {name: sum(items) / len(items) for name, items in values.items()}
