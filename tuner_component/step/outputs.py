"""Writes the step's artifacts; every JSON in them is strict."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component import artifacts
from tuner_component.pareto.ranking import pareto_set, ranked
from tuner_component.records import encode
from tuner_component.report import architecture, search
from tuner_component.trial import REPEAT_OF, Objective, Trial, TrialState

RESERVED = ("trial_id", "score")
RESERVED_PREFIX = "hyperparameter/"
OBJECTIVE_PREFIX = "tuner/objective/"
RESOURCE = "tuner/resource"
"""How much training a trial had that had not all of it."""


def write_best_hyperparameters(folder: str, best: Trial) -> str:
    """Writes the winner as `HyperParameters.get_config()`; returns the path.

    The folder must hold no other file: the Trainer reads the only one.
    """
    return _write(
        folder,
        artifacts.BEST_HYPERPARAMETERS_FILE,
        _json(best.report["hyperparameters"]),
    )


def write_tuner_results(
    folder: str, trials: Sequence[Trial], objectives: Sequence[Objective] = ()
) -> str:
    """Writes the trials that have a score, best first, in the stock component's form.

    Each is `{"trial_id", "score", <hyperparameter>: value, ...}`; a hyperparameter
    that is itself called `score` or `trial_id` gets the prefix `hyperparameter/`. Where
    a trial had less than the full training, `tuner/resource` says how much. With
    several objectives, `score` is the first; all are in `tuner/objective/<name>`, and
    `tuner/in_pareto_set` says whether no other trial dominates this one.

    Args:
        folder: Where to.
        trials: All trials.
        objectives: All objectives, if there are several.
    """
    front = {trial.trial_id for trial in pareto_set(trials)}
    rows = [
        {
            "trial_id": t.trial_id,
            "score": t.score,
            **_columns(t.used_values),
            **_resource(t),
            **_several(t, objectives, in_pareto_set=t.trial_id in front),
        }
        for t in ranked(trials, objectives)
    ]
    return _write(folder, artifacts.TUNER_RESULTS_FILE, _json(rows))


def write_trial_record(
    folder: str, trials: Sequence[Trial], summary: Mapping[str, Any], page: str
) -> str:
    """Writes every trial and the search as a whole; returns the trials' path.

    Args:
        folder: Where to.
        trials: All trials.
        summary: The search as JSON.
        page: The search as HTML.
    """
    _write(folder, artifacts.SUMMARY_FILE, _json(encode(summary)))
    write_report(folder, page)
    lines = [_json(_record(trial)) for trial in trials]
    return _write(folder, artifacts.TRIALS_FILE, "".join(f"{x}\n" for x in lines))


def write_drawings(
    folder: str, best: Trial, trials: Sequence[Trial], objective: Objective
) -> str:
    """Draws the best architecture, and the search over time; returns the first's path.

    Args:
        folder: Where to.
        best: Has an architecture.
        trials: All trials.
        objective: The first objective.
    """
    completed = [trial for trial in trials if trial.state is TrialState.COMPLETED]
    over_time = search.svg(completed or [best], objective, by_time=True)
    _write(folder, artifacts.SEARCH_FILE, over_time)
    drawn = architecture.svg(best.used_values)
    return _write(folder, artifacts.ARCHITECTURE_FILE, drawn)


def write_report(folder: str, page: str) -> str:
    """Writes the search as HTML; returns the path."""
    return _write(folder, artifacts.REPORT_FILE, page)


def write_metrics(folder: str, numbers: Mapping[str, float]) -> str:
    """Writes the search in numbers; returns the path."""
    return _write(folder, artifacts.METRICS_FILE, _json(dict(numbers)))


def _record(trial: Trial) -> dict[str, Any]:
    """Returns every field, also one that holds its default; not the strategy's own.

    `repeat_of` is the trial whose configuration runs again with another seed, or None.
    """
    names = [field.name for field in dataclasses.fields(trial) if field.name != "note"]
    record = {name: encode(getattr(trial, name)) for name in names}
    again = {"repeat_of": trial.note.get(REPEAT_OF)}
    return {**record, **again, "values": dict(trial.used_values)}


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{RESERVED_PREFIX}{name}" if name in RESERVED else name: value
        for name, value in values.items()
    }


def _resource(trial: Trial) -> dict[str, float]:
    if trial.fidelity is None or trial.fidelity.is_full:
        return {}
    return {RESOURCE: trial.fidelity.value}


def _several(
    trial: Trial, objectives: Sequence[Objective], *, in_pareto_set: bool
) -> dict[str, Any]:
    if len(objectives) < 2:
        return {}
    names = [objective.name for objective in objectives]
    columns = {f"{OBJECTIVE_PREFIX}{name}": trial.metrics[name] for name in names}
    return {**columns, "tuner/in_pareto_set": in_pareto_set}


def _json(value: Any) -> str:
    return json.dumps(value, allow_nan=False)


def _write(folder: str, name: str, text: str) -> str:
    from tfx.dsl.io import fileio
    from tfx.utils import io_utils

    fileio.makedirs(folder)
    path = os.path.join(folder, name)  # noqa: PTH118 - may be a URI
    io_utils.write_string_file(path, text)
    return path
