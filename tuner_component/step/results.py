"""The end of a step: artifacts, and what is said about them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component import artifacts, progress
from tuner_component.engines.base import Engine
from tuner_component.errors import SearchFailedError
from tuner_component.estimators import rank_agreement, repeated_runs
from tuner_component.estimators.repeated_runs import Runs
from tuner_component.pareto.ranking import hypervolumes, pareto_set
from tuner_component.search_space.wiring import wirings
from tuner_component.step import outputs, probe
from tuner_component.step.request import absolute
from tuner_component.study import Study
from tuner_component.trial import REPEAT_OF, Objective, Trial, TrialState

_MOST_CHARACTERS = 300  # Of an error's first line.
_LUCK = 0.05
"""A difference that is more probable than this if there is none is no gain."""


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
        f"{first.trial_id} with {dict(first.values)}: {message}\n{traceback}"
    )


def _advice(study: Study) -> str:
    infeasible = [t for t in study.trials if t.state is TrialState.INFEASIBLE]
    if not infeasible:
        return "Give it more time or more trials."
    first = infeasible[0]
    message = first.error.message if first.error else "unknown"
    return (
        f"The model code called {len(infeasible)} configurations infeasible; the "
        f"first, trial {first.trial_id} with {dict(first.values)}: {message} Loosen "
        "what it demands, or change the search space so that more configurations "
        "fulfil it."
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


def pareto_summary(study: Study) -> dict[str, Any]:
    """Returns what the trial record says of several objectives; empty for one."""
    if len(study.objectives) == 1:
        return {}
    completed = [t for t in study.trials if t.state is TrialState.COMPLETED]
    volumes = hypervolumes(study.trials)
    return {
        "objectives": [dataclasses.asdict(each) for each in study.objectives],
        "pareto_set": [trial.trial_id for trial in pareto_set(study.trials)],
        "hypervolume": [
            {"trial_id": trial.trial_id, "hypervolume": volume}
            for trial, volume in zip(completed, volumes, strict=True)
        ],
    }


def rank_agreement_summary(study: Study) -> dict[str, Any]:
    """Returns what the trial record says of the rungs; empty for a study without."""
    if not any(trial.rungs for trial in study.trials):
        return {}
    found = rank_agreement.measured(study.trials)
    return {"rank_agreement": [dataclasses.asdict(each) for each in found]}


def _ranks(study: Study) -> list[str]:
    kinds = {trial.fidelity.kind for trial in study.trials if trial.fidelity}
    kind = next(iter(kinds), "")
    return [
        f"The order after {each.resource:g} {kind} and that after the full training "
        f"have the rank correlation {each.spearman:.2f} ({each.num_trials} trials)."
        for each in rank_agreement.measured(study.trials)
    ]


def repeats_summary(study: Study) -> dict[str, Any]:
    """Returns what the trial record says of runs with other seeds; empty without."""
    found = _repeats(study)
    if found is None:
        return {}
    best, defaults = found
    told: dict[str, Any] = {"best": dataclasses.asdict(best)}
    if defaults is not None:
        told["defaults"] = dataclasses.asdict(defaults)
        told["chance_of_luck"] = repeated_runs.chance_of_luck(best, defaults)
    return {"repeats": told}


def _repeats(study: Study) -> tuple[Runs, Runs | None] | None:
    """Returns the runs of the winner and of the first trial, if there are repeats."""
    if study.best is None or not any(REPEAT_OF in t.note for t in study.trials):
        return None
    best = repeated_runs.summed_up(study.trials, study.best.trial_id)
    first = study.trials[0].trial_id
    defaults = repeated_runs.summed_up(study.trials, first)
    if best is None:
        return None
    return best, None if first == best.trial_id else defaults


def _means(study: Study) -> list[str]:
    found = _repeats(study)
    if found is None:
        return []
    name, objective = study.objective.name, study.objective
    best, defaults = found
    lines = [f"Trial {best.trial_id}: {_mean(best, name, objective)}."]
    if defaults is not None:
        lines.append(f"The defaults: {_mean(defaults, name, objective)}.")
        if repeated_runs.chance_of_luck(best, defaults) > _LUCK:
            lines.append("That is no significant gain over the defaults.")
    return lines


def _mean(runs: Runs, name: str, objective: Objective) -> str:
    mean, error = objective.loss(runs.mean), runs.standard_error
    return f"{name} {mean:.5g} ± {error:.2g}, mean of {runs.num_runs} runs"


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


def _unfinished(study: Study) -> list[str]:
    best = study.best
    if best is None or best.state is not TrialState.PAUSED or best.fidelity is None:
        return []
    got, most = best.fidelity.value, best.fidelity.most
    return [
        f"No trial was trained to the end: the best, {best.trial_id}, has got {got:g} "
        f"of {most:g} {best.fidelity.kind}."
    ]


def _failed(study: Study) -> list[str]:
    failed = [t for t in study.trials if t.state is TrialState.FAILED]
    if not failed:
        return []
    error = failed[0].error
    lines = error.message.strip().splitlines() if error else []
    message = lines[0] if lines else "unknown"
    return [
        f"{len(failed)} of {len(study.trials)} trials failed; the first, trial "
        f"{failed[0].trial_id}: {message[:_MOST_CHARACTERS]}"
    ]


def _given_up(study: Study) -> list[str]:
    stopped = [t for t in study.trials if t.state is TrialState.STOPPED]
    if not stopped:
        return []
    epochs = sum(t.measurements[-1].resource for t in stopped) / len(stopped)
    return [
        f"{len(stopped)} of {len(study.trials)} trials were given up, after "
        f"{epochs:.1f} epochs on average: their curves could not become the best."
    ]


def summary_text(
    study: Study, reason: str, home: str, written: Mapping[str, str]
) -> str:
    """Returns the table of the best trials and where everything is."""
    lines = [f"\nThe search has ended: {reason}.", *_unfinished(study)]
    lines += [*_failed(study), *_given_up(study), *_ranks(study), *_means(study), ""]
    lines += [progress.table(study.trials, study.objectives), ""]
    width = max(len(name) for name in [*written, "study"])
    lines += [f"{name.ljust(width)}  {path}" for name, path in written.items()]
    lines += [f"{'study'.ljust(width)}  {home}", ""]
    return "\n".join(lines)
