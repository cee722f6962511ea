"""The end of a step: its winner and its artifacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component import artifacts
from tuner_component.engines.base import Engine
from tuner_component.errors import SearchFailedError
from tuner_component.search_space.wiring import wirings
from tuner_component.step import outputs, probe
from tuner_component.step.request import absolute
from tuner_component.study import Study
from tuner_component.trial import Trial, TrialState


def require_winner(study: Study, reason: str, home: str) -> Trial:
    """Returns the best trial.

    Args:
        study: The finished study.
        reason: Why the search ended.
        home: Where the study is kept, for the message.

    Raises:
        SearchFailedError: If no trial has a score; holds the first traceback.
    """
    if study.best is not None:
        return study.best
    failed = [t for t in study.trials if t.state is TrialState.FAILED]
    if not failed:
        raise SearchFailedError(
            f"The search ended without a trial that has a score: {reason}. "
            f"{_advice(study)} The study is kept in {home}"
        )
    first = failed[0]
    error = first.error
    message = error.message if error else "unknown"
    traceback = error.traceback if error else ""
    raise SearchFailedError(
        f"All {len(failed)} trials that ended have failed ({reason}); "
        f"{home}/{artifacts.REPORT_FILE} shows them. The first, trial "
        f"{first.trial_id} with {dict(first.used_values)}: {message}\n{traceback}"
    )


def _advice(study: Study) -> str:
    infeasible = [t for t in study.trials if t.state is TrialState.INFEASIBLE]
    if not infeasible:
        return "Give it more time or more trials."
    first = infeasible[0]
    message = first.error.message if first.error else "unknown"
    return (
        f"The model code called {len(infeasible)} configurations infeasible; the "
        f"first, trial {first.trial_id} with {dict(first.used_values)}: {message} "
        "Loosen what it demands, or change the search space so that more "
        "configurations fulfil it."
    )


def write(
    channels: Mapping[str, Sequence[Any]],
    study: Study,
    best: Trial,
    engine: Engine,
    summary: Mapping[str, Any],
    page: str,
) -> dict[str, str]:
    """Writes every artifact that the step has a channel for.

    Args:
        channels: Output key to artifacts.
        study: The finished study.
        best: Its best trial.
        engine: Exports the best model.
        summary: The search as JSON, for the trial record.
        page: The search as HTML, for the trial record and the report.

    Returns:
        Output key to the path that was written, or why there is none.
    """
    written = {
        "best_hyperparameters": outputs.write_best_hyperparameters(
            channels["best_hyperparameters"][0].uri, best
        ),
        "tuner_results": outputs.write_tuner_results(
            channels["tuner_results"][0].uri, study.trials, study.objectives
        ),
    }
    if channels.get("trial_record"):
        written["trial_record"] = outputs.write_trial_record(
            channels["trial_record"][0].uri, study.trials, summary, page
        )
        if wirings(best.used_values.items()):
            written["architecture"] = outputs.write_drawings(
                channels["trial_record"][0].uri, best, study.trials, study.objective
            )
    if channels.get("best_model"):
        written["best_model"] = _export(channels["best_model"][0], study, best, engine)
    if channels.get("report"):
        written["report"] = outputs.write_report(channels["report"][0].uri, page)
    if channels.get("metrics"):
        written["metrics"] = _write_metrics(channels["metrics"][0], study, best)
    return written


def _export(artifact: Any, study: Study, best: Trial, engine: Engine) -> str:
    from tfx.utils import path_utils

    target = str(path_utils.serving_model_dir(artifact.uri))
    problem = probe.export(
        engine, best, study.objective, study.folder_of(best.trial_id), absolute(target)
    )
    if problem:
        artifact.set_string_custom_property("export_error", problem)
        return f"not exported: {problem}"
    return target


def _write_metrics(artifact: Any, study: Study, best: Trial) -> str:
    completed = [t for t in study.trials if t.state is TrialState.COMPLETED]
    numbers: dict[str, float] = {
        f"best_{objective.name}": best.metrics[objective.name]
        for objective in study.objectives
    }
    numbers["num_trials"] = len(study.trials)
    numbers["num_completed_trials"] = len(completed)
    numbers["trial_seconds"] = sum(t.duration_seconds for t in study.trials)
    for name, number in numbers.items():
        artifact.set_float_custom_property(name, float(number))
    return outputs.write_metrics(artifact.uri, numbers)
