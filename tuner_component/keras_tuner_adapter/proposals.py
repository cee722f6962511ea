"""What a strategy proposed to KerasTuner, and the history that became of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from tuner_component import records
from tuner_component.strategies.base import Suggest
from tuner_component.trial import (
    Fidelity,
    Objective,
    Reason,
    RungResult,
    Trial,
    TrialError,
    TrialState,
    Value,
    is_finite,
)

OWN_PREFIX = "tuner/"
"""Of the values by which KerasTuner tells its tuners about Hyperband."""

_RAN = ("COMPLETED", "FAILED", "INVALID")


@dataclasses.dataclass(frozen=True)
class Run:
    """A KerasTuner trial: a proposal's whole training, or its way to a rung.

    Attributes:
        kt_trial_id: Its id.
        fidelity: How much training the proposal has got when it ends.
    """

    kt_trial_id: str
    fidelity: Fidelity | None = None


@dataclasses.dataclass(frozen=True)
class Proposal:
    """A configuration that a strategy suggested.

    Attributes:
        values: Hyperparameter name to value.
        note: The strategy's own JSON.
        runs: The KerasTuner trials that train it, each going on from the one before.
    """

    values: Mapping[str, Value]
    note: Mapping[str, Any]
    runs: tuple[Run, ...]


class Proposals:
    """All proposals in order; JSON in KerasTuner's own state file.

    Args:
        objective: The oracle's.
        has_new_entries: Whether hyperparameters that trials ask for join the space.
    """

    def __init__(self, objective: Objective, *, has_new_entries: bool) -> None:
        self._objective, self._has_new_entries = objective, has_new_entries
        self._proposals: list[Proposal] = []

    def suggested(self, action: Suggest, kt_trial_id: str) -> None:
        """Takes note of a new proposal."""
        run = Run(kt_trial_id, action.fidelity)
        self._proposals.append(Proposal(action.values, action.note, (run,)))

    def promoted(self, trial_id: str, fidelity: Fidelity, kt_trial_id: str) -> Run:
        """Takes note that a proposal goes on; returns the run that ended last."""
        index = int(trial_id)
        known = self._proposals[index]
        runs = (*known.runs, Run(kt_trial_id, fidelity))
        self._proposals[index] = dataclasses.replace(known, runs=runs)
        return known.runs[-1]

    def history(self, kt_trials: Mapping[str, Any]) -> tuple[Trial, ...]:
        """Returns the proposals as trials of ours.

        Args:
            kt_trials: KerasTuner's trials by id.
        """
        return tuple(
            self._trial(number, proposal, kt_trials)
            for number, proposal in enumerate(self._proposals)
        )

    def state(self) -> list[Any]:
        """Returns the proposals as JSON."""
        return [records.encode(proposal) for proposal in self._proposals]

    def restore(self, state: list[Any]) -> None:
        """Takes what `state` returned."""
        self._proposals = [records.decode(Proposal, item) for item in state]

    def _trial(
        self, number: int, proposal: Proposal, kt_trials: Mapping[str, Any]
    ) -> Trial:
        trial = Trial(
            f"{number:04d}", number, proposal.values, seed=0, note=proposal.note
        )
        for run in proposal.runs:
            trial = self._after(trial, run, kt_trials[run.kt_trial_id])
        return trial

    def _after(self, trial: Trial, run: Run, kt_trial: Any) -> Trial:
        trial = dataclasses.replace(
            trial,
            state=TrialState.PENDING,
            fidelity=run.fidelity,
            score=None,
            loss=None,
        )
        if kt_trial.status in _RAN and self._has_new_entries:
            config = kt_trial.hyperparameters.get_config()
            trial = dataclasses.replace(trial, report={"hyperparameters": config})
        if kt_trial.status == "COMPLETED" and is_finite(kt_trial.score):
            return self._scored(trial, run, kt_trial)
        if kt_trial.status in ("COMPLETED", "FAILED"):
            reason = Reason.USER_ERROR if kt_trial.message else Reason.NON_FINITE
            error = TrialError(reason, kt_trial.message or "The score is not finite.")
            return dataclasses.replace(trial, state=TrialState.FAILED, error=error)
        return trial

    def _scored(self, trial: Trial, run: Run, kt_trial: Any) -> Trial:
        is_full = run.fidelity is None or run.fidelity.is_full
        score = float(kt_trial.score)
        loss = self._objective.loss(score)
        rungs = (RungResult(run.fidelity.value, loss),) if run.fidelity else ()
        return dataclasses.replace(
            trial,
            state=TrialState.COMPLETED if is_full else TrialState.PAUSED,
            score=score,
            loss=loss,
            metrics={self._objective.name: score},
            rungs=(*trial.rungs, *rungs),
        )
