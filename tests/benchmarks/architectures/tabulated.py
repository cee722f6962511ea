"""Searches over tabulated curves, through the study: only training is looked up."""

from __future__ import annotations

import dataclasses
import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tests.benchmarks.tables.curves import Curves
from tests.benchmarks.tables.pool import Pool
from tuner_component.curve_stopping import CurveStopping
from tuner_component.evaluation import Evaluation, Job, Report, evaluate
from tuner_component.pareto.ranking import ranked
from tuner_component.strategies.base import Strategy
from tuner_component.study import Study, StudyLimits
from tuner_component.trial import Measurement, Objective

_LOSS = Objective("loss", "min")


@dataclasses.dataclass(frozen=True)
class Found:
    """What a search came to.

    Attributes:
        epochs: Trained in all; a trial that goes on pays only for what is new.
        full_epochs: What all its trials would have taken to the end.
        regret: Of the best trial: 0 is the best of all trials, had each of them been
            trained to the end, and 1 their median.
    """

    epochs: float
    full_epochs: float
    regret: float

    @property
    def saving(self) -> float:
        """How many times fewer epochs."""
        return self.full_epochs / self.epochs


Rule = Callable[[Sequence[float], int], str]
"""Losses so far and the full number of epochs to why to stop, or ""."""


def search(
    task: Curves, strategy: Strategy, limits: StudyLimits, rule: Rule | None = None
) -> Found:
    """Runs a search to its end, one trial at a time.

    A trial's score is its best epoch, as in a real training. The table is a pool:
    each configuration is tried at most once.

    Args:
        task: What is searched.
        strategy: What proposes trials.
        limits: The study's.
        rule: Stops trainings instead of the curve.
    """
    training = _Training(task, rule)
    with tempfile.TemporaryDirectory() as folder:
        study = Study.continued(_Home(folder), strategy, [_LOSS], limits)
        while jobs := study.ask(1):
            study.tell(evaluate(training, jobs[0], lambda _: None))
    curves = [task.losses[row] for row in training.rows.values()]
    ends = np.array([np.inf if np.isnan(c).any() else c.min() for c in curves])
    best = ranked(study.trials)[0]
    low, high = ends.min(), np.median(ends[np.isfinite(ends)])
    chosen = ends[list(training.rows).index(best.trial_id)]
    full = sum(_length(curve) for curve in curves)
    return Found(training.epochs, full, float((chosen - low) / (high - low)))


def _length(curve: np.ndarray) -> int:
    """Returns how many epochs a training has; one that diverges ends there."""
    gone = np.flatnonzero(np.isnan(curve))
    return int(gone[0]) + 1 if len(gone) else len(curve)


class _Training:
    """Looks curves up, epoch by epoch.

    Attributes:
        epochs: Trained so far.
        rows: Trial to its row in the table.
    """

    def __init__(self, task: Curves, rule: Rule | None) -> None:
        self.epochs, self._rule = 0, rule
        self.rows: dict[str, int] = {}
        self._task, self._pool = task, Pool(task)
        self._trained: dict[str, int] = {}

    def __call__(self, job: Job, report: Report) -> Evaluation:
        if job.trial_id not in self.rows:
            self.rows[job.trial_id] = self._task.index(self._pool.take(job.values))
        curve = self._task.losses[self.rows[job.trial_id]]
        last = int(job.fidelity.value) if job.fidelity else len(curve)
        stopping = CurveStopping(job, len(curve))
        seen = [_measured(n, curve) for n in range(self._trained.get(job.trial_id, 0))]
        reason = ""
        while len(seen) < last and not reason:
            seen.append(_measured(len(seen), curve))
            self.epochs += 1
            if math.isnan(seen[-1].metrics["loss"]):
                return Evaluation(seen[-1].metrics, tuple(seen))
            if self._rule is None:
                reason = stopping.reason(seen)
            else:
                losses = [each.metrics["loss"] for each in seen]
                reason = self._rule(losses, len(curve))
        self._trained[job.trial_id] = len(seen)
        best = min(seen, key=lambda measurement: measurement.metrics["loss"])
        return Evaluation(best.metrics, tuple(seen), stopped=reason)


def _measured(index: int, curve: np.ndarray) -> Measurement:
    return Measurement(index + 1, {"loss": float(curve[index])})


class _Journal:
    """Records in memory."""

    def __init__(self) -> None:
        self._records: list[Mapping[str, Any]] = []

    def read(self) -> list[Mapping[str, Any]]:
        return list(self._records)

    def append(self, record: Mapping[str, Any]) -> None:
        self._records.append(record)


@dataclasses.dataclass(frozen=True)
class _Home:
    folder: str
    journal: Any = dataclasses.field(default_factory=_Journal)
    header: Mapping[str, Any] = dataclasses.field(default_factory=dict)
