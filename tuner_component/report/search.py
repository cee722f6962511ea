"""The scores of all trials in one chart, and the best so far."""

from __future__ import annotations

import html
from collections.abc import Sequence

from tuner_component.trial import Objective, Trial

_WIDTH, _HEIGHT, _MARGIN = 720, 260, 48
_ROOM = 32  # More at the left, for numbers such as -1.235e+05.

_Point = tuple[float, float]


def svg(
    completed: Sequence[Trial], objective: Objective, *, by_time: bool = False
) -> str:
    """Returns an SVG image of every score, with the best so far as a line.

    Args:
        completed: At least one completed trial.
        objective: Gives the scores.
        by_time: Whether they are placed by the seconds from the start of the search to
            their end; else by their number.
    """
    points = [(_place(t, completed, by_time), _score(t)) for t in completed]
    # One bad score must not flatten all others.
    ordered = sorted(objective.loss(score) for _, score in points)
    worst = ordered[min(len(ordered) - 1, int(0.9 * len(ordered)))]
    low, high = sorted((objective.loss(ordered[0]), objective.loss(worst)))
    last = max(place for place, _ in points)

    def x(place: float) -> float:
        return _MARGIN + (_WIDTH - 2 * _MARGIN) * place / (last or 1.0)

    def y(score: float) -> float:
        share = (min(max(score, low), high) - low) / ((high - low) or 1.0)
        return _HEIGHT - _MARGIN - (_HEIGHT - 2 * _MARGIN) * share

    dots = "".join(
        f'<circle cx="{x(place):.1f}" cy="{y(score):.1f}" r="4" fill="#8fb4d9">'
        f"<title>trial {html.escape(trial.trial_id)}: {score:.5g}</title></circle>"
        for trial, (place, score) in zip(completed, points, strict=True)
    )
    line = " ".join(
        f"{x(place):.1f},{y(score):.1f}"
        for place, score in _best_so_far(sorted(points), objective)
    )
    end = f"{last:.0f} s" if by_time else f"trial {last:.0f}"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="{-_ROOM} 0 {_WIDTH + _ROOM} {_HEIGHT}" role="img">'
        f'<text x="{_MARGIN - 6}" y="{y(high) + 4}" text-anchor="end">{high:.4g}</text>'
        f'<text x="{_MARGIN - 6}" y="{y(low) + 4}" text-anchor="end">{low:.4g}</text>'
        f'<text x="{x(0)}" y="{_HEIGHT - 20}">{"0" if last else ""}</text>'
        f'<text x="{x(last)}" y="{_HEIGHT - 20}" text-anchor="end">{end}</text>'
        f'{dots}<polyline points="{line}" fill="none" stroke="#1f7a45" '
        'stroke-width="2.5"/></svg>'
    )


def _place(trial: Trial, completed: Sequence[Trial], by_time: bool) -> float:  # noqa: FBT001 - as in `svg`
    if not by_time:
        return trial.number
    begun = min(each.started_at or 0.0 for each in completed)
    return (trial.started_at or 0.0) + trial.duration_seconds - begun


def _best_so_far(points: Sequence[_Point], objective: Objective) -> list[_Point]:
    """Returns the corners of the steps from one incumbent to the next."""
    steps: list[_Point] = []
    for place, score in points:
        reached = score
        if steps and objective.loss(score) >= objective.loss(steps[-1][1]):
            reached = steps[-1][1]
        elif steps:
            steps.append((place, steps[-1][1]))
        steps.append((place, reached))
    return steps


def _score(trial: Trial) -> float:
    return 0.0 if trial.score is None else trial.score
