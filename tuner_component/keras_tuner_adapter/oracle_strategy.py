"""Any KerasTuner oracle as a strategy of ours."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

from tuner_component.errors import PreflightError, StudyMismatchError
from tuner_component.keras_tuner_adapter import bridge
from tuner_component.keras_tuner_adapter.live_oracle import LiveOracle
from tuner_component.strategies.base import Action, Done, Suggest, Wait
from tuner_component.trial import Objective, Trial, TrialState


class OracleStrategy:
    """Proposes what a KerasTuner oracle proposes.

    The oracle is a cache: a copy of it is told and asked as the history goes on,
    and is built again from the history whenever the two part.

    Args:
        oracle: A KerasTuner oracle with its initial search space; not changed.

    Attributes:
        objective: The oracle's objective.
        max_trials: The oracle's limit, or None.
        max_consecutive_failures: Failures in a row that end the search.

    Raises:
        PreflightError: If the oracle cannot work on its search space.
    """

    def __init__(self, oracle: Any) -> None:
        _check_space(oracle)
        self._oracle = oracle
        self._live: LiveOracle | None = None
        direction = cast(Literal["min", "max"], oracle.objective.direction)
        self.objective = Objective(oracle.objective.name, direction)
        self.max_trials: int | None = oracle.max_trials
        self.max_consecutive_failures: int = oracle.max_consecutive_failed_trials

    def propose(self, history: Sequence[Trial], count: int) -> Sequence[Action]:
        """Returns what the oracle wants next; see `Strategy.propose`."""
        live, ours = self._synchronized(history), _ours(history)
        before = live.snapshot()
        for trial_id, trial in ours.items():
            if trial.state.is_final and trial_id not in live.told:
                live.tell(trial_id, trial)
        is_pending = len(live.told) < len(live.created)
        actions: list[Action] = []
        while len(actions) < count:
            created, note = live.create()
            if created.status != "RUNNING":
                # This may have moved the oracle on, which no history would tell.
                live.roll_back(before)
                if is_pending or actions:
                    actions.append(Wait())
                else:
                    actions.append(Done(_reason(created.status, len(history))))
                break
            before, values = live.snapshot(), live.created[created.trial_id]
            actions.append(Suggest(values, note={**note, **_parent(values, ours)}))
        return actions

    def keeps(self, history: Sequence[Trial]) -> set[str]:
        """Returns the trials whose checkpoints a later trial may continue.

        Args:
            history: All trials proposed so far in the order of their numbers.

        Returns:
            Our trial ids. All for an oracle of unknown kind.
        """
        import keras_tuner

        oracles, ours = keras_tuner.oracles, _ours(history)
        if isinstance(self._oracle, oracles.HyperbandOracle):
            wanted = _promotable(self._synchronized(history).oracle, ours)
            for trial in history:
                if not trial.state.is_final and bridge.PARENT in trial.values:
                    wanted.add(str(trial.values[bridge.PARENT]))
            return {ours[trial_id].trial_id for trial_id in wanted}
        independent = (
            oracles.RandomSearchOracle,
            oracles.GridSearchOracle,
            oracles.BayesianOptimizationOracle,
        )
        if type(self._oracle) in independent:
            return set()
        return {trial.trial_id for trial in history}

    def _synchronized(self, history: Sequence[Trial]) -> LiveOracle:
        if self._live is not None and not _follows(self._live, history):
            self._drop()
        if self._live is None:
            self._live = self._rebuilt(history)
        return self._live

    def _rebuilt(self, history: Sequence[Trial]) -> LiveOracle:
        live, ours, state = LiveOracle(self._copy()), _ours(history), {}
        for trial in history:
            for trial_id in trial.note["told"]:
                live.tell(trial_id, ours[trial_id])
            live.replay(trial)
            state.update(trial.note.get("oracle_state", {}))
        live.restore(state)
        return live

    def _copy(self) -> Any:
        try:
            return copy.deepcopy(self._oracle)
        except TypeError as error:
            raise PreflightError(
                f"The oracle {self._oracle!r} cannot be copied: {error}. Expected an "
                "oracle that copy.deepcopy accepts; keep locks, files and clients out "
                "of its attributes, or give it a __deepcopy__."
            ) from error

    def _drop(self) -> None:
        if self._live is not None:
            self._live.close()
        self._live = None


def _ours(history: Sequence[Trial]) -> dict[str, Trial]:
    """Maps the oracle's trial ids to our trials."""
    try:
        return {str(trial.note["oracle_trial_id"]): trial for trial in history}
    except KeyError:
        raise StudyMismatchError(
            "The study holds trials that no KerasTuner oracle proposed; expected "
            "those of one oracle only. Start a new study with "
            'Search(resume="never").'
        ) from None


def _follows(live: LiveOracle, history: Sequence[Trial]) -> bool:
    """Whether the oracle has seen a part of this history and nothing else."""
    ours = _ours(history)
    return list(ours) == list(live.created) and all(
        dict(trial.values) == live.created[trial_id]
        and (trial_id not in live.told or _ended_alike(trial, live.told[trial_id]))
        for trial_id, trial in ours.items()
    )


def _ended_alike(one: Trial, other: Trial) -> bool:
    return one is other or (
        one.state is other.state
        and one.metrics == other.metrics
        and one.report == other.report
    )


def _parent(values: Mapping[str, Any], ours: Mapping[str, Trial]) -> dict[str, Any]:
    """Notes which trial the new one continues, for the worker."""
    parent = ours.get(str(values.get(bridge.PARENT)))
    if parent is None:
        return {}
    return {
        "parent": {
            "trial_id": parent.trial_id,
            "values": dict(parent.used_values),
            "score": parent.score,
            "best_step": parent.report.get("best_step", 0),
        }
    }


def _promotable(oracle: Any, ours: Mapping[str, Trial]) -> set[str]:
    """Returns the oracle's ids of trials that Hyperband may still promote."""
    wanted: set[str] = set()
    for bracket in oracle._brackets:
        rounds = bracket["rounds"]
        for number, (trials, promoted) in enumerate(itertools.pairwise(rounds)):
            if len(promoted) < oracle._get_size(bracket["bracket_num"], number + 1):
                wanted |= {item["id"] for item in trials}
                wanted -= {item["past_id"] for item in promoted}
    lost = (TrialState.FAILED, TrialState.INFEASIBLE)
    return {trial_id for trial_id in wanted if ours[trial_id].state not in lost}


def _reason(status: str, num_trials: int) -> str:
    if status == "IDLE":
        return f"the oracle waits with no trial running, after {num_trials} trials"
    return f"the oracle has nothing more to propose, after {num_trials} trials"


def _check_space(oracle: Any) -> None:
    import keras_tuner

    if isinstance(oracle, keras_tuner.oracles.HyperbandOracle) and not (
        oracle.hyperparameters.space
    ):
        raise PreflightError(
            "The Hyperband tuner has an empty search space before its first trial "
            "and would end without any; expected hyperparameters known beforehand. "
            "Declare them in the hypermodel's build(), or pass them to the tuner as "
            "hyperparameters=..., not only in run_trial()."
        )


def check_names(oracle: Any) -> None:
    """Raises where an oracle would propose the same values without end.

    Raises:
        PreflightError: If it is a grid over a name that is defined more than once.
    """
    import keras_tuner

    names = [hp.name for hp in oracle.hyperparameters.space]
    shared = sorted({name for name in names if names.count(name) > 1})
    if shared and isinstance(oracle, keras_tuner.oracles.GridSearchOracle):
        raise PreflightError(
            f"The GridSearch tuner would repeat itself without end: {shared} are each "
            "defined under several conditions, and it tells them apart by name only. "
            "Give each definition a name of its own, or set "
            'Search(strategy="grid").'
        )
