"""Reads the results of earlier searches, in the stock form or in that of our record."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from tuner_component import artifacts
from tuner_component.errors import PreflightError
from tuner_component.spelling import suggestion
from tuner_component.step.outputs import (
    OBJECTIVE_PREFIX,
    RESERVED,
    RESERVED_PREFIX,
    RESOURCE,
)
from tuner_component.strategies.prior_studies import PriorStudy, PriorTrial
from tuner_component.trial import Objective, TrialState, is_finite

RESULTS_KEY = "prior_results"
TRIALS_KEY = "prior_trials"
KEYS = (RESULTS_KEY, TRIALS_KEY)
"""Input keys: `TunerResults` and `TrialRecord` artifacts."""

_SCORED = [state for state in TrialState if state.has_score]
_RUNG = "tuner/epochs"
_OWN_OF_KERAS_TUNER = "tuner/"


@dataclasses.dataclass(frozen=True)
class Results:
    """What earlier searches found.

    Attributes:
        studies: The newest first; only those with a trial that ended with a score.
        num_failed: Trials without a score, left out.
    """

    studies: tuple[PriorStudy, ...] = ()
    num_failed: int = 0


def read(inputs: Mapping[str, Sequence[Any]], objective: Objective) -> Results:
    """Reads what the step's channel of earlier results holds.

    Args:
        inputs: Input key to artifacts.
        objective: Today's: losses are those of the metric with its name. The stock
            form has one score without a name, which is taken for it; ours of a search
            with several objectives has their names.

    Raises:
        PreflightError: If a file is not understood, no trial has the objective, or
            there are trials but none with a score.
    """
    found = [a for key in KEYS for a in inputs.get(key, ())]
    found.sort(key=lambda artifact: artifact.id, reverse=True)
    folders = list(dict.fromkeys(artifact.uri for artifact in found))
    read_ = [_read_folder(folder, objective) for folder in folders]
    studies = [
        PriorStudy(folder, trials)
        for folder, (trials, _) in zip(folders, read_, strict=True)
        if trials
    ]
    is_empty = not any(rest.num_failed for _, rest in read_)
    if folders and not studies and not is_empty:
        _raise_unusable(folders, read_, objective)
    return Results(tuple(studies), sum(part.num_failed for _, part in read_))


@dataclasses.dataclass(frozen=True)
class _Rest:
    """What a file holds besides trials with a score.

    Attributes:
        num_failed: Trials without a score.
        metrics: Names under which trials that did not fail have scores.
    """

    num_failed: int
    metrics: frozenset[str] = frozenset()


def _read_folder(
    folder: str, objective: Objective
) -> tuple[tuple[PriorTrial, ...], _Rest]:
    from tfx.dsl.io import fileio

    names = sorted(fileio.listdir(folder)) if fileio.exists(folder) else []
    for name, reader in (
        (artifacts.TRIALS_FILE, _read_record),
        (artifacts.TUNER_RESULTS_FILE, _read_stock),
    ):
        if name in names:
            path = os.path.join(folder, name)  # noqa: PTH118 - may be a URI
            try:
                with fileio.open(path, "r") as file:
                    return reader(path, file.read(), objective)
            except (AttributeError, KeyError, TypeError, UnicodeDecodeError) as error:
                _raise_unknown(path, f"{type(error).__name__}: {error}")
    raise PreflightError(
        f"The earlier results in {folder} have an unknown format: the folder "
        + (f"holds {names}" if names else "is missing or empty")
        + f"; expected {artifacts.TUNER_RESULTS_FILE} of a Tuner's tuner_results or "
        f"{artifacts.TRIALS_FILE} of its trial_record. Pass one of these outputs as "
        "prior_results."
    )


def _read_record(
    path: str, text: str, objective: Objective
) -> tuple[tuple[PriorTrial, ...], _Rest]:
    rows = _rows(path, [_json(path, line) for line in text.splitlines() if line])
    _require(path, rows, ("state", "values", "metrics"))
    ended = [row for row in rows if row["state"] in _SCORED]
    trials = [
        PriorTrial(
            row["values"],
            objective.loss(row["metrics"][objective.name]),
            _resource(row.get("fidelity")),
        )
        for row in ended
        if is_finite(row["metrics"].get(objective.name))
    ]
    metrics = frozenset(name for row in ended for name in row["metrics"])
    return tuple(trials), _Rest(len(rows) - len(trials), metrics)


def _read_stock(
    path: str, text: str, objective: Objective
) -> tuple[tuple[PriorTrial, ...], _Rest]:
    rows = _rows(path, _json(path, text))
    several = {n for row in rows for n in row if n.startswith(OBJECTIVE_PREFIX)}
    if several:
        return _read_several(path, rows, several, objective)
    scored = [row for row in rows if is_finite(row.get("score"))]
    if rows and not any("score" in row for row in rows):
        columns = sorted({name for row in rows for name in row})
        raise PreflightError(
            f"The earlier results in {path} have no 'score', the column of the "
            f"objective; they have {columns}.{suggestion('score', columns)} Give the "
            "column that name, or leave prior_results out."
        )
    # Those with less training follow in an order of their own.
    most = [row for row in scored if row.get(RESOURCE) == scored[0].get(RESOURCE)]
    sign = _sign([row["score"] for row in most], objective)
    trials = [
        PriorTrial(_values(row), sign * row["score"], _trained(path, row))
        for row in scored
    ]
    return tuple(trials), _Rest(len(rows) - len(trials), frozenset({objective.name}))


def _read_several(
    path: str,
    rows: Sequence[Mapping[str, Any]],
    columns: Iterable[str],
    objective: Objective,
) -> tuple[tuple[PriorTrial, ...], _Rest]:
    """Reads a search with several objectives, whose order is that of a compromise."""
    own = f"{OBJECTIVE_PREFIX}{objective.name}"
    trials = [
        PriorTrial(_values(row), objective.loss(row[own]), _trained(path, row))
        for row in rows
        if is_finite(row.get(own))
    ]
    names = frozenset(column.removeprefix(OBJECTIVE_PREFIX) for column in columns)
    return tuple(trials), _Rest(len(rows) - len(trials), names)


def _sign(scores: Sequence[float], objective: Objective) -> float:
    """Returns what makes losses of scores, which the stock form lists best first."""
    if len(set(scores)) > 1:
        if list(scores) == sorted(scores):
            return 1.0
        if list(scores) == sorted(scores, reverse=True):
            return -1.0
    return objective.loss(1.0)


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name.removeprefix(RESERVED_PREFIX): value
        for name, value in row.items()
        if name not in RESERVED and not name.startswith(_OWN_OF_KERAS_TUNER)
    }


def _trained(path: str, row: Mapping[str, Any]) -> float | None:
    """Returns how much training a trial of the stock form had, None for all of it."""
    for name in (RESOURCE, _RUNG):
        amount = row.get(name)
        if amount is None:
            continue
        if not is_finite(amount):
            _raise_unknown(path, f"a trial has {name}={amount!r}")
        return float(amount)
    return None


def _resource(fidelity: Mapping[str, Any] | None) -> float | None:
    """Returns how much training a trial had, None for all of it."""
    if not fidelity or "most" not in fidelity:
        return None
    value = float(fidelity["value"])
    return None if value >= float(fidelity["most"]) else value


def _json(path: str, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        _raise_unknown(path, f"it is not JSON: {error}")


def _rows(path: str, value: Any) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        _raise_unknown(path, f"it begins with {str(value)[:60]!r}")
    return value


def _require(
    path: str, rows: Sequence[Mapping[str, Any]], names: tuple[str, ...]
) -> None:
    for row in rows:
        missing = [name for name in names if name not in row]
        if missing:
            _raise_unknown(path, f"a trial has no {missing}")
        for name in ("values", "metrics"):
            if not isinstance(row[name], dict):
                _raise_unknown(path, f"a trial has {name}={row[name]!r}")


def _raise_unknown(path: str, why: str) -> NoReturn:
    raise PreflightError(
        f"The earlier results in {path} have an unknown format: {why}; expected a list "
        f"of {{'trial_id', 'score', hyperparameters}} in {artifacts.TUNER_RESULTS_FILE}"
        f", or one trial a line in {artifacts.TRIALS_FILE}. Pass a Tuner's "
        "tuner_results or trial_record as prior_results."
    )


def _raise_unusable(
    folders: Sequence[str],
    read_: Sequence[tuple[tuple[PriorTrial, ...], _Rest]],
    objective: Objective,
) -> NoReturn:
    metrics = sorted({name for _, rest in read_ for name in rest.metrics})
    if metrics and objective.name not in metrics:
        raise PreflightError(
            f"The objective {objective.name!r} is missing from the earlier results in "
            f"{list(folders)}; they have {metrics}."
            + suggestion(objective.name, metrics)
            + " Search for one of these, or leave prior_results out."
        )
    num_failed = sum(rest.num_failed for _, rest in read_)
    raise PreflightError(
        f"The earlier results in {list(folders)} hold no trial with a score: all "
        f"{num_failed} failed. Expected at least one that ended well; leave "
        "prior_results out, or pass the results of another search."
    )
