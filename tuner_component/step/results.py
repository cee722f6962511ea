"""The end of a step: artifacts, and what is said about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component import artifacts, progress
from tuner_component.engines.base import Engine
from tuner_component.errors import SearchFailedError
from tuner_component.step import outputs, probe
from tuner_component.study import Study
from tuner_component.trial import Trial, TrialState


def require_winner(study: Study, reason: str, home: str) -> Trial:
    """Returns the best trial.

    Args:
        study: The finished study.
        reason: Why the search ended.
        home: Where the study is kept, for the message.

    Raises:
        SearchFailedError: If no trial completed; holds the first traceback.
    """
    if study.best is not None:
        return study.best
    failed = [t for t in study.trials if t.state is TrialState.FAILED]
    if not failed:
        raise SearchFailedError(
            f"The search ended without a completed trial: {reason}. Give it more time "
            f"or more trials. The study is kept in {home}"
        )
    first = failed[0]
    error = first.error
    message = error.message if error else "unknown"
    traceback = error.traceback if error else ""
    raise SearchFailedError(
        f"All {len(failed)} trials that ended have failed ({reason}); "
        f"{home}/{artifacts.REPORT_FILE} shows them. The first, trial "
        f"{first.trial_id} with {dict(first.values)}: {message}\n{traceback}"
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
        page: The search as HTML, for the trial record.

    Returns:
        Output key to the path that was written, or why there is none.
    """
    written = {
        "best_hyperparameters": outputs.write_best_hyperparameters(
            channels["best_hyperparameters"][0].uri, best
        ),
        "tuner_results": outputs.write_tuner_results(
            channels["tuner_results"][0].uri, study.trials
        ),
    }
    if channels.get("trial_record"):
        written["trial_record"] = outputs.write_trial_record(
            channels["trial_record"][0].uri, study.trials, summary, page
        )
    if channels.get("best_model"):
        written["best_model"] = _export(channels["best_model"][0], study, best, engine)
    return written


def _export(artifact: Any, study: Study, best: Trial, engine: Engine) -> str:
    from tfx.utils import path_utils

    target = str(path_utils.serving_model_dir(artifact.uri))
    problem = probe.export(
        engine, best, study.objective, study.folder_of(best.trial_id), target
    )
    if problem:
        artifact.set_string_custom_property("export_error", problem)
        return f"not exported: {problem}"
    return target


def summary_text(
    study: Study, reason: str, home: str, written: Mapping[str, str]
) -> str:
    """Returns the table of the best trials and where everything is."""
    lines = [f"\nThe search has ended: {reason}.", ""]
    lines += [progress.table(study.trials, study.objective), ""]
    width = max(len(name) for name in [*written, "study"])
    lines += [f"{name.ljust(width)}  {path}" for name, path in written.items()]
    lines += [f"{'study'.ljust(width)}  {home}", ""]
    return "\n".join(lines)
