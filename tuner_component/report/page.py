"""A search as one page: what was tried, how it went, what failed."""

from __future__ import annotations

import html
import types
from collections.abc import Mapping, Sequence

from tuner_component.pareto.ranking import ranked
from tuner_component.report import (
    architecture,
    curves,
    importances,
    pareto,
    repeats,
    search,
)
from tuner_component.search_space.wiring import readable
from tuner_component.strategies.gaussian_process.importances import Importances
from tuner_component.trial import Objective, Trial, TrialState

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2733; max-width: 960px;
       margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2em .7em; border-bottom: 1px solid #dde3ea; text-align: right; }
th { color: #5b6b7d; font-weight: 600; } td.text { text-align: left; }
tr.best td { background: #e8f4ec; font-weight: 600; }
pre { background: #f5f7f9; padding: .8em; overflow-x: auto; font-size: 12px; }
table.bars { width: 100%; max-width: 720px; }
table.bars th { text-align: left; overflow-wrap: anywhere; }
table.bars td { white-space: nowrap; } table.bars td.bar { width: 55%; }
td.bar div { background: #2f6ea8; height: .9em; } td.joint div { background: #a9c0d6; }
svg text { font: 12px system-ui, sans-serif; fill: #5b6b7d; }
"""


def document(
    trials: Sequence[Trial],
    objective: Objective,
    title: str,
    ended: str,
    objectives: Sequence[Objective] = (),
    decisive: Mapping[str, Importances] = types.MappingProxyType({}),
) -> str:
    """Returns a page of HTML that needs nothing else.

    Args:
        trials: All trials in the order of their numbers.
        objective: The search's objective, the first of several.
        title: The search's name.
        ended: Why it ended.
        objectives: All objectives, if there are several.
        decisive: Objective's name to what decided it, where that is known.
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
        f"<h2>{_text(objective.name)} of each trial, and the best so far</h2>"
        + search.svg(completed, objective)
        if completed
        else "",
        architecture.drawings(trials, objectives or (objective,)),
        curves.drawing(trials, objective),
        pareto.drawings(trials, objectives),
        importances.drawings(decisive),
        repeats.drawing(trials, objective),
        _table(trials, objectives or (objective,)),
        _given_up(trials),
        _failures(trials),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{_text(title)}</title><style>{_STYLE}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _table(trials: Sequence[Trial], objectives: Sequence[Objective]) -> str:
    names = list(dict.fromkeys(name for t in trials for name in t.used_values))
    scores = [objective.name for objective in objectives]
    deviations = [f"{name}_std" for name in scores]  # Of those over several folds.
    deviations = [name for name in deviations if any(name in t.metrics for t in trials)]
    kinds = list(dict.fromkeys(t.fidelity.kind for t in trials if t.fidelity))
    heads = ["trial", *scores, *deviations, "state", *kinds, "seconds", *names]
    best_first = ranked(trials, objectives)
    rows = []
    for trial in [*best_first, *(t for t in trials if t.loss is None)]:
        cells = [trial.trial_id, _number(trial.score)]
        beside = [*scores[1:], *deviations]
        cells += [_number(trial.metrics.get(name)) for name in beside]
        cells += [trial.state.value.lower()]
        cells += [_resource(trial, kind) for kind in kinds]
        cells += [f"{trial.duration_seconds:.1f}"]
        values = readable(trial.used_values)
        cells += [_number(values.get(name)) for name in names]
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


def _number(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def _text(value: str) -> str:
    return html.escape(value)
