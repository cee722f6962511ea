"""A search summed up, for the trial record and for people."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from tuner_component import progress
from tuner_component.estimators import rank_agreement, repeated_runs
from tuner_component.estimators.repeated_runs import Runs
from tuner_component.pareto.ranking import hypervolumes, pareto_set
from tuner_component.study import Study
from tuner_component.trial import REPEAT_OF, Objective, TrialState

_MOST_CHARACTERS = 300  # Of an error's first line.
_LUCK = 0.05
"""A difference that is more probable than this if there is none is no gain."""


def for_record(study: Study) -> dict[str, Any]:
    """Returns the search in numbers, as JSON for the trial record."""
    return {**_pareto(study), **_rank_agreement(study), **_runs(study)}


def text(study: Study, reason: str, home: str, written: Mapping[str, str]) -> str:
    """Returns the table of the best trials and where everything is."""
    lines = [f"\nThe search has ended: {reason}.", *_unfinished(study)]
    lines += [*_failed(study), *_given_up(study), *_ranks(study), *_means(study), ""]
    lines += [progress.table(study.trials, study.objectives), ""]
    width = max(len(name) for name in [*written, "study"])
    lines += [f"{name.ljust(width)}  {path}" for name, path in written.items()]
    lines += [f"{'study'.ljust(width)}  {home}", ""]
    return "\n".join(lines)


def _pareto(study: Study) -> dict[str, Any]:
    """Returns what there is to say of several objectives; empty for one."""
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


def _rank_agreement(study: Study) -> dict[str, Any]:
    """Returns what there is to say of the rungs; empty for a study without."""
    if not any(trial.rungs for trial in study.trials):
        return {}
    found = rank_agreement.measured(study.trials)
    return {"rank_agreement": [dataclasses.asdict(each) for each in found]}


def _runs(study: Study) -> dict[str, Any]:
    """Returns what there is to say of runs with other seeds; empty without."""
    found = _repeats(study)
    if found is None:
        return {}
    best, defaults = found
    told: dict[str, Any] = {"best": _runs_of(study, best)}
    if defaults is not None:
        told["defaults"] = _runs_of(study, defaults)
        told["chance_of_luck"] = repeated_runs.chance_of_luck(best, defaults)
    return {"repeats": told}


def _runs_of(study: Study, runs: Runs) -> dict[str, Any]:
    tested = repeated_runs.on_test_split(study.trials, runs.trial_id, study.objective)
    test = {} if tested is None else {"test": dataclasses.asdict(tested)}
    return {**dataclasses.asdict(runs), **test}


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


def _ranks(study: Study) -> list[str]:
    kinds = {trial.fidelity.kind for trial in study.trials if trial.fidelity}
    kind = next(iter(kinds), "")
    return [
        f"The order after {each.resource:g} {kind} and that after the full training "
        f"have the rank correlation {each.spearman:.2f} ({each.num_trials} trials)."
        for each in rank_agreement.measured(study.trials)
    ]


def _means(study: Study) -> list[str]:
    found = _repeats(study)
    if found is None:
        return []
    best, defaults = found
    lines = [f"Trial {best.trial_id}: {_means_of(study, best)}."]
    if defaults is None:
        lines.append("These are the defaults: no other values were better.")
    else:
        lines.append(f"The defaults: {_means_of(study, defaults)}.")
        if repeated_runs.chance_of_luck(best, defaults) > _LUCK:
            lines.append("That is no significant gain over the defaults.")
    return lines


def _means_of(study: Study, runs: Runs) -> str:
    objective = study.objective
    told = _mean(runs, objective.name, objective)
    tested = repeated_runs.on_test_split(study.trials, runs.trial_id, objective)
    if tested is None:
        return told
    return f"{told}; on the test split {_mean(tested, objective.name, objective)}"


def _mean(runs: Runs, name: str, objective: Objective) -> str:
    mean, error = objective.loss(runs.mean), runs.standard_error
    return f"{name} {mean:.5g} ± {error:.2g}, mean of {runs.num_runs} runs"
