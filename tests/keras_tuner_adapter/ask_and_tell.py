"""A study without a journal: asks a strategy, answers for its trials."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

from tuner_component import records
from tuner_component.evaluation import Job, Outcome, evaluate
from tuner_component.strategies.base import Done, Suggest
from tuner_component.trial import Reason, Trial, TrialState


def through_json(value):
    return json.loads(json.dumps(records.encode(value), allow_nan=False))


def added(history, action):
    number = len(history)
    return Trial(
        trial_id=f"trial-{number}",
        number=number,
        values=through_json(action.values),
        seed=100 + number,
        note=through_json(action.note),
    )


def search(
    strategy,
    answer: Callable[[Trial], Trial],
    *,
    max_trials: int = 1000,
    slots: int = 1,
    next_to_end: int = 0,
    history=(),
) -> tuple[list[Trial], str]:
    """Runs a search to its end; `next_to_end` is an index of pending trials."""
    history, reason = list(history), "max_trials"
    while True:
        pending = [trial for trial in history if not trial.state.is_final]
        actions = []
        free = min(slots - len(pending), max_trials - len(history))
        if free > 0:
            actions = strategy.propose(tuple(history), free)
            for action in actions:
                if isinstance(action, Suggest):
                    history.append(added(history, action))
        pending = [trial for trial in history if not trial.state.is_final]
        if not pending:
            done = [action.reason for action in actions if isinstance(action, Done)]
            return history, done[0] if done else reason
        ending = pending[next_to_end]
        history[ending.number] = answer(ending)


def completed(trial: Trial, score: float, **changes) -> Trial:
    return dataclasses.replace(
        trial,
        state=TrialState.COMPLETED,
        score=score,
        loss=score,
        metrics={"val_loss": score},
        **changes,
    )


def evaluated(evaluator, folder: Path, objective) -> Callable[[Trial], Trial]:
    """Answers with what an evaluator makes of a trial."""

    def answer(trial: Trial) -> Trial:
        outcome = outcome_of(evaluator, trial, folder, objective)
        changes = {
            name: getattr(outcome, name)
            for name in ("metrics", "measurements", "error", "report")
        }
        if outcome.error is None:
            score = outcome.metrics[objective.name]
            return dataclasses.replace(
                trial,
                state=TrialState.COMPLETED,
                score=score,
                loss=objective.loss(score),
                **changes,
            )
        is_infeasible = outcome.error.reason is Reason.INFEASIBLE
        state = TrialState.INFEASIBLE if is_infeasible else TrialState.FAILED
        return dataclasses.replace(trial, state=state, **changes)

    return answer


def outcome_of(
    evaluator, trial: Trial, folder: Path, objective, report=lambda _: None, **note
) -> Outcome:
    trial_folder = folder / trial.trial_id
    trial_folder.mkdir(parents=True, exist_ok=True)
    job = Job(
        trial_id=trial.trial_id,
        values=trial.values,
        seed=trial.seed,
        attempt=0,
        folder=str(trial_folder),
        objective=objective.name,
        direction=objective.direction,
        note={**trial.note, **note},
    )
    outcome = evaluate(evaluator, job, report)
    return dataclasses.replace(
        outcome, metrics=dict(outcome.metrics), report=through_json(outcome.report)
    )
