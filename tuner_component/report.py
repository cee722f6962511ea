"""A search as one page: what was tried, how it went, what failed."""

from __future__ import annotations

import html
from collections.abc import Sequence

from tuner_component import report_curves, report_pareto
from tuner_component.pareto.ranking import ranked
from tuner_component.trial import Objective, Trial, TrialState

_WIDTH, _HEIGHT, _MARGIN = 720, 260, 48
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2733; max-width: 960px;
       margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2em .7em; border-bottom: 1px solid #dde3ea; text-align: right; }
th { color: #5b6b7d; font-weight: 600; } td.text { text-align: left; }
tr.best td { background: #e8f4ec; font-weight: 600; }
pre { background: #f5f7f9; padding: .8em; overflow-x: auto; font-size: 12px; }
svg text { font: 12px system-ui, sans-serif; fill: #5b6b7d; }
"""


def page(
    trials: Sequence[Trial],
    objective: Objective,
    title: str,
    ended: str,
    objectives: Sequence[Objective] = (),
) -> str:
    """Returns a page of HTML that needs nothing else.

    Args:
        trials: All trials in the order of their numbers.
        objective: The search's objective, the first of several.
        title: The search's name.
        ended: Why it ended.
        objectives: All objectives, if there are several.
    """
    completed = [t for t in trials if t.state is TrialState.COMPLETED]
    counts = ", ".join(
        f"{sum(t.state is state for t in trials)} {state.value.lower()}"
        for state in TrialState
        if any(t.state is state for t in trials)
    )
    parts = [
        f"<h1>{_text(title)}</h1>",
        f"<p>{len(trials)} trials: {counts}. The search ended: {_text(ended)}.</p>",
        _chart(completed, objective) if completed else "",
        report_curves.drawing(trials, objective),
        report_pareto.drawings(trials, objectives),
        _table(trials, objectives or (objective,)),
        _given_up(trials),
        _failures(trials),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{_text(title)}</title><style>{_STYLE}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _chart(completed: Sequence[Trial], objective: Objective) -> str:
    """Draws every score against its trial's number, and the best so far as a line."""
    scores = [_score(t) for t in completed]
    # One bad score must not flatten all others.
    ordered = sorted(objective.loss(score) for score in scores)
    worst = ordered[min(len(ordered) - 1, int(0.9 * len(ordered)))]
    low, high = sorted((objective.loss(ordered[0]), objective.loss(worst)))
    last = max(t.number for t in completed)

    def x(number: int) -> float:
        return _MARGIN + (_WIDTH - 2 * _MARGIN) * number / max(last, 1)

    def y(score: float) -> float:
        share = (min(max(score, low), high) - low) / ((high - low) or 1.0)
        return _HEIGHT - _MARGIN - (_HEIGHT - 2 * _MARGIN) * share

    dots = "".join(
        f'<circle cx="{x(t.number):.1f}" cy="{y(_score(t)):.1f}" r="4" fill="#8fb4d9">'
        f"<title>trial {_text(t.trial_id)}: {_score(t):.5g}</title></circle>"
        for t in completed
    )
    line = " ".join(
        f"{x(number):.1f},{y(score):.1f}"
        for number, score in _best_so_far(completed, objective)
    )
    return (
        f"<h2>{_text(objective.name)} of each trial, and the best so far</h2>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">'
        f'<text x="{_MARGIN - 6}" y="{y(high) + 4}" text-anchor="end">{high:.4g}</text>'
        f'<text x="{_MARGIN - 6}" y="{y(low) + 4}" text-anchor="end">{low:.4g}</text>'
        f'<text x="{x(0)}" y="{_HEIGHT - 20}">0</text>'
        f'<text x="{x(last)}" y="{_HEIGHT - 20}" text-anchor="end">trial {last}</text>'
        f'{dots}<polyline points="{line}" fill="none" stroke="#1f7a45" '
        'stroke-width="2.5"/></svg>'
    )


def _best_so_far(
    completed: Sequence[Trial], objective: Objective
) -> list[tuple[int, float]]:
    """Returns the corners of the steps from one incumbent to the next."""
    steps: list[tuple[int, float]] = []
    for trial in completed:
        score = _score(trial)
        if steps and objective.loss(score) >= objective.loss(steps[-1][1]):
            score = steps[-1][1]
        elif steps:
            steps.append((trial.number, steps[-1][1]))
        steps.append((trial.number, score))
    return steps


def _table(trials: Sequence[Trial], objectives: Sequence[Objective]) -> str:
    names = list(dict.fromkeys(name for t in trials for name in t.used_values))
    scores = [objective.name for objective in objectives]
    kinds = list(dict.fromkeys(t.fidelity.kind for t in trials if t.fidelity))
    heads = ["trial", *scores, "state", *kinds, "seconds", *names]
    best_first = ranked(trials, objectives)
    rows = []
    for trial in [*best_first, *(t for t in trials if t.loss is None)]:
        cells = [trial.trial_id, _number(trial.score)]
        cells += [_number(trial.metrics.get(name)) for name in scores[1:]]
        cells += [trial.state.value.lower()]
        cells += [_resource(trial, kind) for kind in kinds]
        cells += [f"{trial.duration_seconds:.1f}"]
        cells += [_number(trial.used_values.get(name)) for name in names]
        is_best = trial in best_first[:1]
        row = "".join(f"<td>{_text(cell)}</td>" for cell in cells)
        rows.append(f'<tr class="{"best" if is_best else "other"}">{row}</tr>')
    head = "".join(f"<th>{_text(name)}</th>" for name in heads)
    return f"<h2>Trials, best first</h2><table><tr>{head}</tr>{''.join(rows)}</table>"


def _given_up(trials: Sequence[Trial]) -> str:
    rows = "".join(
        f"<li>trial {_text(trial.trial_id)}: {_text(trial.stopped)}</li>"
        for trial in trials
        if trial.state is TrialState.STOPPED
    )
    return f"<h2>Given up before the end</h2><ul>{rows}</ul>" if rows else ""


def _failures(trials: Sequence[Trial]) -> str:
    """Shows each message once, with the first traceback that came with it."""
    shown: dict[str, list[Trial]] = {}
    for trial in trials:
        if trial.error is not None:
            shown.setdefault(trial.error.message, []).append(trial)
    if not shown:
        return ""
    parts = ["<h2>What went wrong</h2>"]
    for message, group in shown.items():
        ids = ", ".join(t.trial_id for t in group[:10])
        more = f" and {len(group) - 10} more" if len(group) > 10 else ""
        traceback = group[0].error.traceback if group[0].error else ""
        details = (
            f"<details><pre>{_text(traceback)}</pre></details>" if traceback else ""
        )
        parts.append(f"<p>{_text(message)}<br>trials {_text(ids + more)}</p>{details}")
    return "".join(parts)


def _resource(trial: Trial, kind: str) -> str:
    """Returns what the trial got, rung by rung: "1, 3, 9"."""
    if trial.fidelity is None or trial.fidelity.kind != kind:
        return ""
    ended = [f"{rung.resource:g}" for rung in trial.rungs]
    return ", ".join(ended) or f"{trial.fidelity.value:g}"


def _score(trial: Trial) -> float:
    return 0.0 if trial.score is None else trial.score


def _number(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def _text(value: str) -> str:
    return html.escape(value)
