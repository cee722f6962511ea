"""Losses of trials with different amounts of training, made comparable."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tuner_component.trial import Trial, TrialState

_LEAST_PAIRS = 3

Line = tuple[float, float]
"""Slope and intercept."""


def completed(history: Sequence[Trial]) -> list[Trial]:
    """Returns the history as if every trial with a score had been trained to the end.

    From each rung to the next above, a line is fitted through the trials that ended
    at both; a trial's loss at its highest rung is moved along these lines. Where a
    rung says little about the next one, the line is flat, and trials that ended there
    differ little.
    """
    lines = _lines(history)
    return [_completed(trial, lines) for trial in history]


def _completed(trial: Trial, lines: Mapping[float, Line]) -> Trial:
    if not trial.rungs or trial.state.is_final:
        return trial
    last = trial.rungs[-1]
    loss = last.loss
    for resource, (slope, intercept) in lines.items():
        if resource >= last.resource:
            loss = intercept + slope * loss
    return dataclasses.replace(trial, state=TrialState.COMPLETED, score=loss, loss=loss)


def _lines(history: Sequence[Trial]) -> dict[float, Line]:
    """Returns the lines by the resource where they begin, increasing."""
    steps = sorted({rung.resource for trial in history for rung in trial.rungs})
    losses = [{rung.resource: rung.loss for rung in t.rungs} for t in history]
    found: dict[float, Line] = {}
    for here, above in itertools.pairwise(steps):
        pairs = [
            (each[here], each[above])
            for each in losses
            if here in each and above in each
        ]
        found[here] = _line(np.array(pairs, dtype=np.float64).reshape(-1, 2))
    return found


def _line(pairs: npt.NDArray[np.float64]) -> Line:
    """Returns the line of Theil, 1950: the median slope; at most 1, at least 0."""
    if not len(pairs):
        return 1.0, 0.0
    slope = 1.0
    if len(pairs) >= _LEAST_PAIRS:
        one, other = np.triu_indices(len(pairs), 1)
        steps = pairs[one] - pairs[other]
        apart = steps[:, 0] != 0
        if apart.any():
            slope = float(np.clip(np.median(steps[apart, 1] / steps[apart, 0]), 0, 1))
    return slope, float(np.median(pairs[:, 1] - slope * pairs[:, 0]))
