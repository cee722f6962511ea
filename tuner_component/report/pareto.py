"""The Pareto set as drawings: one for each pair of objectives."""

from __future__ import annotations

import html
import itertools
from collections.abc import Sequence

from tuner_component.pareto.ranking import hypervolumes, pareto_set, ranked
from tuner_component.trial import Objective, Trial

_SIZE, _MARGIN, _MIDDLING = 420, 56, 0.9
_ROOM = 28  # More at the left, for numbers such as -1.235e+05.
_COLOURS = {"other": "#c3ccd6", "front": "#1f7a45", "compromise": "#c2410c"}


def drawings(trials: Sequence[Trial], objectives: Sequence[Objective]) -> str:
    """Returns the trials in the plane of every two objectives, as HTML.

    Args:
        trials: All trials in the order of their numbers.
        objectives: All of the search; with fewer than two there is nothing to draw.
    """
    best = next(iter(ranked(trials, objectives)), None)
    front = pareto_set(trials)
    if best is None or not front:
        return ""
    volumes = hypervolumes(trials)
    volume = f", hypervolume {volumes[-1]:.3f}" if volumes else ""
    pairs = itertools.combinations(range(len(objectives)), 2)
    plots = "".join(_plot(trials, objectives, pair, front, best) for pair in pairs)
    return (
        "<h2>Pareto set</h2>"
        f"<p>{len(front)} trials are dominated by no other (green){volume}. "
        f"The compromise is trial {html.escape(best.trial_id)} (orange).</p>{plots}"
    )


def _plot(
    trials: Sequence[Trial],
    objectives: Sequence[Objective],
    pair: tuple[int, int],
    front: Sequence[Trial],
    best: Trial,
) -> str:
    across, up = (objectives[index] for index in pair)
    scored = [trial for trial in trials if trial.losses]
    x_axis = _Axis(across, [trial.metrics[across.name] for trial in scored])
    y_axis = _Axis(up, [trial.metrics[up.name] for trial in scored])
    on_front = {trial.trial_id for trial in front}
    # What is drawn last lies on top.
    ordered = sorted(scored, key=lambda t: (t.trial_id in on_front, t is best))
    dots = "".join(_dot(trial, x_axis, y_axis, on_front, best) for trial in ordered)
    end, low = _SIZE - _MARGIN, _SIZE - _MARGIN + 18
    return (
        f'<svg viewBox="{-_ROOM} 0 {_SIZE + _ROOM} {_SIZE}" role="img" '
        f'style="max-width: {_SIZE + _ROOM}px">'
        f'<text x="{_MARGIN}" y="{low}">{x_axis.low:.4g}</text>'
        f'<text x="{end}" y="{low}" text-anchor="end">{x_axis.high:.4g}</text>'
        f'<text x="{_SIZE / 2}" y="{_SIZE - 12}" text-anchor="middle">'
        f"{html.escape(across.name)}</text>"
        f'<text x="{_MARGIN - 8}" y="{end}" text-anchor="end">{y_axis.low:.4g}</text>'
        f'<text x="{_MARGIN - 8}" y="{_MARGIN}" text-anchor="end">{y_axis.high:.4g}'
        f'</text><text x="{_MARGIN}" y="20">{html.escape(up.name)}</text>{dots}</svg>'
    )


class _Axis:
    """Where the scores of an objective lie between the ends of an axis, 0 to 1.

    The worst tenth lies at its end: one bad score must not flatten all others.
    """

    def __init__(self, objective: Objective, scores: Sequence[float]) -> None:
        self.name = objective.name
        losses = sorted(map(objective.loss, scores))
        worst = losses[min(len(losses) - 1, int(_MIDDLING * len(losses)))]
        self.low, self.high = sorted(map(objective.loss, (losses[0], worst)))

    def share(self, score: float) -> float:
        inside = min(max(score, self.low), self.high)
        return (inside - self.low) / ((self.high - self.low) or 1.0)


def _dot(
    trial: Trial, x_axis: _Axis, y_axis: _Axis, on_front: set[str], best: Trial
) -> str:
    kind = "front" if trial.trial_id in on_front else "other"
    kind = "compromise" if trial is best else kind
    x_score, y_score = (trial.metrics[name] for name in (x_axis.name, y_axis.name))
    room = _SIZE - 2 * _MARGIN
    x = _MARGIN + room * x_axis.share(x_score)
    y = _SIZE - _MARGIN - room * y_axis.share(y_score)
    return (
        f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="5" '
        f'fill="{_COLOURS[kind]}"><title>trial {html.escape(trial.trial_id)}: '
        f"{x_score:.5g}, {y_score:.5g}</title></circle>"
    )
