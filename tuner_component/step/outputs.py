"""Writes the step's artifacts; every JSON in them is strict."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component import artifacts
from tuner_component.records import encode
from tuner_component.study.checkpoints import ranked
from tuner_component.trial import Trial

_RESERVED = ("trial_id", "score")


def write_best_hyperparameters(folder: str, best: Trial) -> str:
    """Writes the winner as `HyperParameters.get_config()`; returns the path.

    The folder must hold no other file: the Trainer reads the only one.
    """
    return _write(
        folder,
        artifacts.BEST_HYPERPARAMETERS_FILE,
        _json(best.report["hyperparameters"]),
    )


def write_tuner_results(folder: str, trials: Sequence[Trial]) -> str:
    """Writes the completed trials, best first, in the stock component's form.

    Each is `{"trial_id", "score", <hyperparameter>: value, ...}`; a hyperparameter
    that is itself called `score` or `trial_id` gets the prefix `hyperparameter/`.
    """
    rows = [
        {"trial_id": t.trial_id, "score": t.score, **_columns(t.used_values)}
        for t in ranked(trials)
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


def write_report(folder: str, page: str) -> str:
    """Writes the search as HTML; returns the path."""
    return _write(folder, artifacts.REPORT_FILE, page)


def _record(trial: Trial) -> dict[str, Any]:
    """Returns every field, also one that holds its default; not the strategy's own."""
    names = [field.name for field in dataclasses.fields(trial) if field.name != "note"]
    record = {name: encode(getattr(trial, name)) for name in names}
    return {**record, "values": dict(trial.used_values)}


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"hyperparameter/{name}" if name in _RESERVED else name: value
        for name, value in values.items()
    }


def _json(value: Any) -> str:
    return json.dumps(value, allow_nan=False)


def _write(folder: str, name: str, text: str) -> str:
    from tfx.dsl.io import fileio
    from tfx.utils import io_utils

    fileio.makedirs(folder)
    path = os.path.join(folder, name)  # noqa: PTH118 - may be a URI
    io_utils.write_string_file(path, text)
    return path
