"""Configurations that ran with several seeds: a row of dots for each."""

from __future__ import annotations

import html
from collections.abc import Sequence

from tuner_component.estimators import repeated_runs
from tuner_component.estimators.repeated_runs import Runs
from tuner_component.trial import REPEAT_OF, Objective, Trial

_WIDTH, _LEFT, _RIGHT, _ROW, _TOP = 720, 100, 24, 26, 20
_COLOUR = "#1f7a45"


def drawing(trials: Sequence[Trial], objective: Objective) -> str:
    """Returns each configuration's runs and their mean, the best mean first, as HTML.

    Args:
        trials: All trials in the order of their numbers; where none is the repeat of
            another, there is nothing to draw.
        objective: That of the search.
    """
    firsts = dict.fromkeys(
        str(t.note[REPEAT_OF]) for t in trials if REPEAT_OF in t.note
    )
    found = (repeated_runs.summed_up(trials, first) for first in firsts)
    several = sorted((runs for runs in found if runs), key=lambda runs: runs.mean)
    runs_of = {
        runs.trial_id: [
            t for t in trials if t.loss is not None and _first(t) == runs.trial_id
        ]
        for runs in several
    }
    if not several:
        return ""
    scale = _Scale(objective, [t for own in runs_of.values() for t in own])
    rows = "".join(
        _row(runs, runs_of[runs.trial_id], scale, _TOP + place * _ROW)
        for place, runs in enumerate(several)
    )
    height = _TOP + len(several) * _ROW + 20
    return (
        f"<h2>{html.escape(objective.name)} with other seeds</h2>"
        "<p>A dot is a run; the bar is the mean of a configuration's runs and its "
        "standard error.</p>"
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img">{rows}'
        f'<text x="{_LEFT}" y="{height - 6}">{scale.low:.4g}</text>'
        f'<text x="{_WIDTH - _RIGHT}" y="{height - 6}" text-anchor="end">'
        f"{scale.high:.4g}</text></svg>" + _on_test_split(trials, several, objective)
    )


def _on_test_split(
    trials: Sequence[Trial], several: Sequence[Runs], objective: Objective
) -> str:
    """Returns a table with what the repeats score where nothing was chosen."""
    pairs = [
        (runs, repeated_runs.on_test_split(trials, runs.trial_id, objective))
        for runs in several
    ]
    rows = "".join(
        f"<tr><td>{html.escape(runs.trial_id)}</td><td>{_mean(runs, objective)}</td>"
        f"<td>{_mean(tested, objective)}</td></tr>"
        for runs, tested in pairs
        if tested is not None
    )
    if not rows:
        return ""
    return (
        "<p>The repeats on the test split, which decided nothing: where the best are "
        "worse there, choosing among many has flattered them.</p><table><tr>"
        f"<th>trial</th><th>{html.escape(objective.name)}</th><th>test split</th></tr>"
        f"{rows}</table>"
    )


def _mean(runs: Runs, objective: Objective) -> str:
    return f"{objective.loss(runs.mean):.5g} ± {runs.standard_error:.2g}"


class _Scale:
    """Where scores lie from left to right, in pixels."""

    def __init__(self, objective: Objective, trials: Sequence[Trial]) -> None:
        self.objective, self.score = objective, objective.loss  # Its own inverse.
        scores = [self.score(t.loss) for t in trials if t.loss is not None]
        self.low, self.high = min(scores), max(scores)

    def across(self, loss: float) -> float:
        share = (self.score(loss) - self.low) / ((self.high - self.low) or 1.0)
        inside = min(max(share, 0.0), 1.0)
        return _LEFT + inside * (_WIDTH - _LEFT - _RIGHT)


def _row(runs: Runs, own: Sequence[Trial], scale: _Scale, y: int) -> str:
    ends = [runs.mean + sign * runs.standard_error for sign in (-1, 1)]
    points = " ".join(f"{scale.across(end):.1f},{y}" for end in ends)
    dots = "".join(
        f'<circle cx="{scale.across(t.loss or 0.0):.1f}" cy="{y}" r="4" '
        f'fill="{_COLOUR}" fill-opacity="0.5"><title>trial {html.escape(t.trial_id)}: '
        f"{t.score:.5g}</title></circle>"
        for t in own
    )
    mean = _mean(runs, scale.objective)
    return (
        f'<text x="0" y="{y + 4}">trial {html.escape(runs.trial_id)}</text>'
        f'<polyline points="{points}" stroke="{_COLOUR}" stroke-width="10" '
        f'stroke-opacity="0.25" stroke-linecap="round"><title>{mean}</title></polyline>'
        f"{dots}"
    )


def _first(trial: Trial) -> str:
    """Returns the trial whose configuration and run this one repeats, or itself."""
    return str(trial.note.get(REPEAT_OF, trial.trial_id))
