"""`python -m tuner_component.tensorboard`: a search for TensorBoard's HParams tab.

It reads a `trial_record`, so that it costs a search nothing and works long after it.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tuner_component import artifacts
from tuner_component.errors import TunerError
from tuner_component.trial import TrialState

_FILE = "events.out.tfevents.search"  # The same each time: a new export replaces it.
_FIRST = "brain.Event:2"
CURVE = "epoch/"
"""Prefix of a metric that is measured after each epoch."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exports what the command line names; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tuner_component.tensorboard")
    parser.add_argument("trial_record", help="folder of the Tuner's trial_record")
    parser.add_argument("log_dir", help="folder for `tensorboard --logdir`")
    options = parser.parse_args(arguments)
    try:
        number = export(options.trial_record, options.log_dir)
    except TunerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(
        f"{number} trials. Show them with `tensorboard --logdir {options.log_dir}`.\n"
    )
    return 0


def export(trial_record: str, log_dir: str) -> int:
    """Writes one run for each trial that has started; returns how many there are.

    A run holds the hyperparameters, the metrics of its best epoch under their names,
    and those of every epoch under `epoch/<name>`. Repeats are sessions of their trial.

    Args:
        trial_record: Folder with `trials.jsonl` and `summary.json`; may have a scheme.
        log_dir: Folder for the runs, on the same terms; what an earlier export of the
            search has written there is replaced.

    Raises:
        TunerError: If TensorBoard is not installed, or there is no trial record.
    """
    try:
        from tensorboard.plugins.hparams import api, api_pb2, summary
    except ImportError as error:
        raise TunerError(
            f"The HParams tab is a plug-in of TensorBoard, which cannot be imported: "
            f"{error}. Install it: pip install tensorboard."
        ) from error
    lines = _read(trial_record, artifacts.TRIALS_FILE).splitlines()
    found = [json.loads(line) for line in lines]
    trials = [trial for trial in found if trial["started_at"] is not None]
    objective = json.loads(_read(trial_record, artifacts.SUMMARY_FILE))["identity"][
        "objective"
    ]
    several = objective if isinstance(objective, list) else [objective]
    objectives = [each["name"] for each in several]
    config = api.hparams_config_pb(
        [api.HParam(name, _domain(api, x)) for name, x in _values_of(trials).items()],
        [api.Metric(name) for name in _metrics(trials, objectives)],
        min((trial["started_at"] for trial in trials), default=0.0),
    )
    _write(log_dir, [_event(config)])
    for trial in trials:
        begin = trial["started_at"]
        end = begin + trial["duration_seconds"]
        group = trial["repeat_of"] or trial["trial_id"]
        has_failed = TrialState(trial["state"]) is TrialState.FAILED
        status = api_pb2.STATUS_FAILURE if has_failed else api_pb2.STATUS_SUCCESS
        events = [
            _event(api.hparams_pb(trial["values"], group, begin), begin),
            *_curve(trial["measurements"], begin),
            _scalars(trial["metrics"], "", 0, end),
            _event(summary.session_end_pb(status, end), end),
        ]
        _write(f"{log_dir.rstrip('/')}/{trial['trial_id']}", events)
    return len(trials)


def _values_of(trials: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Returns each hyperparameter's values over the trials."""
    values: dict[str, list[Any]] = {}
    for trial in trials:
        for name, value in trial["values"].items():
            values.setdefault(name, []).append(value)
    return values


def _domain(api: Any, values: Sequence[Any]) -> Any:
    """Returns the interval of numbers, or the set of anything else."""
    kinds = {type(value) for value in values}
    if kinds <= {int, float}:
        return api.RealInterval(float(min(values)), float(max(values)))
    if kinds == {bool} or kinds == {str}:
        return api.Discrete(sorted(set(values)))
    return None


def _metrics(trials: Iterable[Mapping[str, Any]], objectives: list[str]) -> list[str]:
    """Returns the columns: the objectives, the first one's curve, all others."""
    names = [name for trial in trials for name in trial["metrics"]]
    curves = [f"{CURVE}{objectives[0]}"] if any(map(_has_curve, trials)) else []
    return list(dict.fromkeys([*objectives, *curves, *names]))


def _has_curve(trial: Mapping[str, Any]) -> bool:
    return bool(trial["measurements"])


def _curve(measurements: Sequence[Mapping[str, Any]], begin: float) -> list[Any]:
    return [
        _scalars(each["metrics"], CURVE, step, begin + each.get("seconds", 0.0))
        for step, each in enumerate(measurements, start=1)
    ]


def _scalars(metrics: Mapping[str, Any], prefix: str, step: int, seconds: float) -> Any:
    import tensorflow as tf

    summary = tf.compat.v1.Summary()
    for name, number in metrics.items():
        summary.value.add(tag=f"{prefix}{name}", simple_value=float(number))
    return tf.compat.v1.Event(summary=summary, step=step, wall_time=seconds)


def _event(summary: Any, seconds: float = 0.0) -> Any:
    """Returns an event with what TensorBoard's own class of summaries holds."""
    import tensorflow as tf

    copy = tf.compat.v1.Summary.FromString(summary.SerializeToString())
    return tf.compat.v1.Event(summary=copy, wall_time=seconds)


def _write(folder: str, events: Sequence[Any]) -> None:
    import tensorflow as tf

    tf.io.gfile.makedirs(folder)
    first = tf.compat.v1.Event(
        file_version=_FIRST, wall_time=math.floor(events[0].wall_time)
    )
    with tf.io.TFRecordWriter(f"{folder}/{_FILE}") as writer:
        for event in [first, *events]:
            writer.write(event.SerializeToString())


def _read(folder: str, name: str) -> str:
    import tensorflow as tf

    try:
        with tf.io.gfile.GFile(f"{folder.rstrip('/')}/{name}") as file:
            return str(file.read())
    except tf.errors.OpError as error:
        raise TunerError(
            f"{folder} cannot be read: {error.message}. Expected the folder of a "
            "Tuner's output trial_record, which holds trials.jsonl and summary.json."
        ) from error


if __name__ == "__main__":
    sys.exit(main())
