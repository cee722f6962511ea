"""Which earlier results a study starts from, and stays with."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component.errors import PreflightError
from tuner_component.keras_tuner_adapter.growing import Growing
from tuner_component.records import decode, encode
from tuner_component.search_space import SearchSpace
from tuner_component.step import prior_results
from tuner_component.step.search_plan import SearchPlan
from tuner_component.strategies.base import Strategy
from tuner_component.strategies.prior_studies import PriorStudy

_OPTION = "prior_studies"


@dataclasses.dataclass(frozen=True)
class WarmStart:
    """What a study knows from earlier ones.

    Attributes:
        studies: The newest first.
        text: For people: what was taken and what was left out; empty without any.
        options: What the session's record must hold of it.
        problem: Why a study that begins now cannot start; None if it can.
    """

    studies: tuple[PriorStudy, ...] = ()
    text: str = ""
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    problem: PreflightError | None = None


def prepare(inputs: Mapping[str, Sequence[Any]], plan: SearchPlan) -> WarmStart:
    """Returns what a study that begins now starts from.

    Args:
        inputs: Input key to artifacts.
        plan: The search's plan.
    """
    if not any(key in inputs for key in prior_results.KEYS):
        return WarmStart()
    try:
        return _prepared(inputs, plan)
    except PreflightError as error:
        return WarmStart(problem=error)


def _prepared(inputs: Mapping[str, Sequence[Any]], plan: SearchPlan) -> WarmStart:
    if plan.create is None or plan.search_space is None:
        raise PreflightError(
            f"prior_results was given to a search by {plan.strategy_name} of "
            "KerasTuner, which cannot start from them; expected one of our strategies. "
            'Name one, Search(strategy="bayesian") say, or leave prior_results out.'
        )
    found = prior_results.read(inputs, plan.objective)
    if not found.studies:
        return WarmStart(text="Warm start: there are no earlier results yet.")
    return _usable(found, plan.search_space)


def settle(given: WarmStart, records: Sequence[Mapping[str, Any]]) -> WarmStart:
    """Returns what the study starts from: what it began with, if it has begun.

    Args:
        given: What it would start from now.
        records: The study's journal.

    Raises:
        PreflightError: If it begins now, and the earlier results cannot be used.
    """
    first = next((r for r in records if r.get("type") == "session"), None)
    if first is None:
        if given.problem is not None:
            raise given.problem
        studies = [encode(study) for study in given.studies]
        return dataclasses.replace(given, options={_OPTION: studies} if studies else {})
    recorded = first.get("options", {}).get(_OPTION, [])
    kept = tuple(decode(PriorStudy, study) for study in recorded)
    began = f"with {_counted(kept)}" if kept else "without earlier results"
    if given.problem is not None:
        return WarmStart(
            kept,
            f"Warm start: the study began {began} and goes on so; those given now "
            f"could not be used: {given.problem}",
        )
    if kept == given.studies:
        return given
    return WarmStart(
        kept,
        f"Warm start: the study began {began} and goes on so; those given now are not "
        'used. Search(resume="never") begins a study with them.',
    )


def strategy(plan: SearchPlan, warm: WarmStart) -> Strategy:
    """Returns the plan's strategy, started from earlier studies if there are any."""
    create = plan.create
    if create is None or plan.search_space is None or not warm.studies:
        return plan.strategy
    return Growing(lambda space: create(space, warm.studies), plan.search_space)


def _usable(found: prior_results.Results, space: SearchSpace) -> WarmStart:
    inside = [study.within(space) for study in found.studies]
    num_found = sum(len(study.trials) for study in found.studies)
    num_inside = sum(len(study.trials) for study in inside)
    if not num_inside:
        raise _nothing_inside(found.studies, num_found, space)
    left_out = {
        "failed": found.num_failed,
        "outside today's search space": num_found - num_inside,
    }
    reasons = [f"{count} {reason}" for reason, count in left_out.items() if count]
    text = f"Warm start: {_counted(inside)}"
    if reasons:
        text += f", {sum(left_out.values())} left out: {', '.join(reasons)}"
    # As they were found: a space that grows takes more of them in.
    return WarmStart(found.studies, f"{text}.")


def _nothing_inside(
    studies: Sequence[PriorStudy], num_found: int, space: SearchSpace
) -> PreflightError:
    theirs = sorted(studies[0].trials[0].values.items())
    return PreflightError(
        f"None of the {num_found} trials of the earlier results lies in today's search "
        f"space: the first has {dict(theirs)}, the space is "
        f"{[str(parameter) for parameter in space.parameters]}. Widen the space, or "
        "leave prior_results out."
    )


def _counted(studies: Sequence[PriorStudy]) -> str:
    num_trials = sum(len(study.trials) for study in studies)
    num_studies = sum(bool(study.trials) for study in studies)
    trials = "1 trial" if num_trials == 1 else f"{num_trials} trials"
    return f"{trials} of {num_studies} earlier stud{'y' if num_studies == 1 else 'ies'}"
