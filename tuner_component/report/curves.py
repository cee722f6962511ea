"""The learning curves of all trials in one chart: who went on, who did not."""

from __future__ import annotations

import html
from collections.abc import Sequence

from tuner_component.trial import Measurement, Objective, Trial, is_finite

_WIDTH, _HEIGHT, _MARGIN = 720, 260, 48
_ROOM = 32  # More at the left, for numbers such as -1.235e+05.
_SHADES = ("#d4dde6", "#a9c0d6", "#6d95be", "#2f6ea8", "#1f7a45")


def drawing(trials: Sequence[Trial], objective: Objective) -> str:
    """Returns the chart as HTML; "" where no trial was measured more than once."""
    curves = [(trial, _points(trial.measurements, objective)) for trial in trials]
    curves = [(trial, points) for trial, points in curves if points]
    if max((len(points) for _, points in curves), default=0) < 2:
        return ""
    losses = sorted(objective.loss(y) for _, points in curves for _, y in points)
    # The first epochs are often far off; they must not flatten all others.
    worst = losses[min(len(losses) - 1, int(0.95 * len(losses)))]
    low, high = sorted((objective.loss(losses[0]), objective.loss(worst)))
    most = max(x for _, points in curves for x, _ in points)
    reached = sorted({points[-1][0] for _, points in curves})
    lines = "".join(
        _line(trial, _placed(points, most, low, high), _shade(points[-1][0], reached))
        for trial, points in sorted(curves, key=lambda pair: pair[1][-1][0])
    )
    bottom = _HEIGHT - _MARGIN
    return (
        f"<h2>{html.escape(objective.name)} by epoch</h2>"
        f'<svg viewBox="{-_ROOM} 0 {_WIDTH + _ROOM} {_HEIGHT}" role="img">'
        f'<text x="{_MARGIN - 6}" y="{_MARGIN + 4}" text-anchor="end">{high:.4g}</text>'
        f'<text x="{_MARGIN - 6}" y="{bottom + 4}" text-anchor="end">{low:.4g}</text>'
        f'<text x="{_WIDTH - _MARGIN}" y="{_HEIGHT - 20}" text-anchor="end">{most:g}'
        f"</text>{lines}</svg>"
    )


def _points(
    measurements: Sequence[Measurement], objective: Objective
) -> list[tuple[float, float]]:
    return [
        (measured.resource, measured.metrics[objective.name])
        for measured in measurements
        if is_finite(measured.metrics.get(objective.name))
    ]


def _placed(
    points: Sequence[tuple[float, float]], most: float, low: float, high: float
) -> str:
    def place(resource: float, score: float) -> str:
        x = _MARGIN + (_WIDTH - 2 * _MARGIN) * resource / most
        share = (min(max(score, low), high) - low) / ((high - low) or 1.0)
        y = _HEIGHT - _MARGIN - (_HEIGHT - 2 * _MARGIN) * share
        return f"{x:.1f},{y:.1f}"

    return " ".join(place(*point) for point in points)


def _shade(end: float, ends: Sequence[float]) -> str:
    """Returns a darker colour, the further a trial got among all that there are."""
    darkest, last = len(_SHADES) - 1, len(ends) - 1
    return _SHADES[ends.index(end) * darkest // last if last else darkest]


def _line(trial: Trial, points: str, color: str) -> str:
    return (
        f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="1.5">'
        f"<title>trial {html.escape(trial.trial_id)}</title></polyline>"
    )
