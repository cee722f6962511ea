"""Our strategies as an oracle for plain KerasTuner scripts."""

from __future__ import annotations

import math
import warnings
from typing import Any, Literal, cast

import keras_tuner  # noqa: TID253 - the base class; this module is imported lazily
from typing_extensions import override

from tuner_component.errors import PreflightError, StudyMismatchError
from tuner_component.keras_tuner_adapter import (
    bridge,
    oracle_arguments,
    oracle_patches,
)
from tuner_component.keras_tuner_adapter.growing import Growing
from tuner_component.keras_tuner_adapter.proposals import OWN_PREFIX, Proposals
from tuner_component.keras_tuner_adapter.space import from_keras_tuner
from tuner_component.search_space import SearchSpace
from tuner_component.strategies import registry
from tuner_component.strategies.base import Promote, Strategy, Suggest, Wait
from tuner_component.trial import Fidelity, Objective


class StrategyOracle(keras_tuner.Oracle):
    """A KerasTuner oracle that proposes what a strategy of ours proposes.

    It goes where every oracle goes: `keras_tuner.Tuner(oracle=StrategyOracle(...))`.
    A project that is reloaded goes on as if it had never stopped.

    Strategies with rungs hand out trials as KerasTuner's Hyperband does, with the
    values `tuner/epochs`, `tuner/initial_epoch` and `tuner/trial_id`. They need a
    tuner that heeds these, `ContinuingTuner` for example.

    Args:
        strategy: A strategy's name: `"bayesian"`, `"random"`, `"grid"`, ...
        objective: As for every oracle, or a `tuner_component.Objective`, or several:
            KerasTuner adds them up.
        max_trials: Configurations at most; None for strategies and spaces that come
            to an end by themselves.
        seed: Fixes the proposals, >= 0; 0 is a seed like any other.
        hyperparameters: The space, or a part of it, as for every oracle.
        tune_new_entries: As for every oracle.
        allow_new_entries: As for every oracle.
        max_retries_per_trial: As for every oracle.
        max_consecutive_failed_trials: As for every oracle.
        **options: Options of the strategy.

    Raises:
        ValueError: If strategy, option, objective or seed is none.
    """

    def __init__(  # noqa: PLR0913 - those of KerasTuner's oracles
        self,
        strategy: str = "bayesian",
        objective: Any = None,
        max_trials: int | None = None,
        seed: int = 0,
        hyperparameters: Any = None,
        tune_new_entries: bool = True,  # noqa: FBT001, FBT002 - KerasTuner's order
        allow_new_entries: bool = True,  # noqa: FBT001, FBT002
        max_retries_per_trial: int = 0,
        max_consecutive_failed_trials: int = 3,
        **options: Any,
    ) -> None:
        oracle_arguments.check(strategy, options, seed, max_trials)
        self._strategy_name, self._options = strategy, options
        self._has_rungs = "resource" in registry.options(strategy)
        self._is_limited = "max_trials" in registry.options(strategy)
        self._strategy: Growing | None = None
        self._initial_space: dict[str, Any] | None = None
        if self._is_limited:
            self._options = {"max_trials": max_trials, **options}
        super().__init__(
            objective=oracle_arguments.keras_tuner_objective(objective),
            # KerasTuner would count every rung of a configuration as a trial.
            max_trials=None if self._has_rungs else max_trials,
            hyperparameters=hyperparameters,
            tune_new_entries=tune_new_entries,
            allow_new_entries=allow_new_entries,
            max_retries_per_trial=max_retries_per_trial,
            max_consecutive_failed_trials=max_consecutive_failed_trials,
        )
        self.seed = self._seed_state = seed
        direction = cast(Literal["min", "max"], self.objective.direction)
        self._proposals = Proposals(
            Objective(self.objective.name, direction),
            has_new_entries=tune_new_entries,
        )
        self._check_end()

    @override
    def update_space(self, hyperparameters: Any) -> None:
        super().update_space(hyperparameters)
        self._check_end()

    @override
    def create_trial(self, tuner_id: str) -> Any:
        try:
            return super().create_trial(tuner_id)
        except BaseException:
            oracle_patches.unlock(self)
            raise

    @override
    def populate_space(self, trial_id: str) -> dict[str, Any]:
        history = self._proposals.history(self.trials)
        (action, *_) = self._current_strategy().propose(history, 1)
        if isinstance(action, Suggest):
            self._proposals.suggested(action, trial_id)
            values = {**action.values, **_rung(0, action.fidelity)}
            return {"status": "RUNNING", "values": values}
        if isinstance(action, Promote):
            return {"status": "RUNNING", "values": self._promoted(action, trial_id)}
        is_waiting = isinstance(action, Wait) or self.ongoing_trials
        return {"status": "IDLE" if is_waiting else "STOPPED"}

    @override
    def update_trial(self, trial_id: str, metrics: Any, step: int = 0) -> Any:
        values = self.trials[trial_id].hyperparameters.values
        if step >= values.get("tuner/epochs", math.inf):
            warnings.warn(
                "A trial was trained for more epochs than the strategy "
                f"{self._strategy_name!r} gave it: the tuner does not heed "
                "'tuner/epochs'. Use tuner_component.ContinuingTuner in place of "
                "keras_tuner.Tuner, or a strategy without rungs.",
                stacklevel=2,
            )
        return super().update_trial(trial_id, metrics, step=step)

    @override
    def score_trial(self, trial: Any) -> None:
        super().score_trial(trial)
        if not math.isfinite(trial.score):
            trial.score = math.nan  # So that KerasTuner calls it invalid.

    @override
    def save(self) -> None:
        write = super(keras_tuner.Oracle, self).save
        oracle_patches.write_whole(write, self._get_oracle_fname())

    @override
    def _save_trial(self, trial: Any) -> None:
        folder = self._get_trial_dir(trial.trial_id)
        oracle_patches.write_whole(trial.save, f"{folder}/trial.json")

    @override
    def get_state(self) -> dict[str, Any]:
        own = {
            "identity": self._identity(),
            "initial_space": self._initial_space,
            "proposals": self._proposals.state(),
        }
        return {**super().get_state(), "strategy_oracle": own}

    @override
    def set_state(self, state: dict[str, Any]) -> None:
        own = state["strategy_oracle"]
        if own["identity"] != self._identity():
            raise StudyMismatchError(
                f"The project in {self._project_dir} was searched with "
                f"{own['identity']}, the oracle now has {self._identity()}; expected "
                "the same. Change it back, or choose another project_name, or "
                "overwrite=True."
            )
        # The process may have died before it had noted a new trial here.
        for trial_id in set(self.trials) - set(state["start_order"]):
            del self.trials[trial_id]
        super().set_state(state)
        self._initial_space, self._strategy = own["initial_space"], None
        self._proposals.restore(own["proposals"])

    @override
    def _record_values(self, trial: Any) -> None:
        """Completes a trial's values, when it begins and when it has ended."""
        values = bridge.completed(trial.hyperparameters.get_config())
        trial.hyperparameters.values = values

    def _identity(self) -> dict[str, Any]:
        """Returns what the proposals depend on; the number of trials may change."""
        options = {k: v for k, v in self._options.items() if k != "max_trials"}
        return {
            "strategy": self._strategy_name,
            "options": options,
            # That of several has a name which is always the same.
            "objective": getattr(
                self.objective, "name_to_direction", self.objective.name
            ),
            "seed": self.seed,
        }

    def _current_strategy(self) -> Growing:
        if self._initial_space is None:
            self._initial_space = self.hyperparameters.get_config()
        if self._strategy is None:
            self._strategy = Growing(self._create, _space(self._initial_space))
        return self._strategy

    def _create(self, space: SearchSpace) -> Strategy:
        return registry.create(self._strategy_name, space, self.seed, self._options)

    def _promoted(self, action: Promote, trial_id: str) -> dict[str, Any]:
        last = self._proposals.promoted(action.trial_id, action.fidelity, trial_id)
        ended = self.trials[last.kt_trial_id].hyperparameters.values
        own = {k: v for k, v in ended.items() if not k.startswith(OWN_PREFIX)}
        spent = int(last.fidelity.value) if last.fidelity else 0
        number = int(ended.get("tuner/round", 0)) + 1
        return {
            **own,
            **_rung(number, action.fidelity, spent),
            bridge.PARENT: last.kt_trial_id,
        }

    def _check_end(self) -> None:
        """Raises as soon as the space is one over which the search never ends."""
        if self.max_trials is not None or not self.hyperparameters.space:
            return
        space = _space(self.hyperparameters.get_config())
        if getattr(self._create(space), "num_configurations", space.size()) is None:
            raise PreflightError(
                f"The strategy {self._strategy_name!r} over a space with continuous "
                "hyperparameters never ends by itself. Set "
                "StrategyOracle(max_trials=...)."
            )


def _space(config: dict[str, Any]) -> SearchSpace:
    return from_keras_tuner(config, drop_unreachable=True)


def _rung(number: int, fidelity: Fidelity | None, spent: int = 0) -> dict[str, Any]:
    """Returns what KerasTuner's Hyperband says to its tuner."""
    if fidelity is None:
        return {}
    return {
        "tuner/epochs": int(fidelity.value),
        "tuner/initial_epoch": spent,
        "tuner/bracket": 0,
        "tuner/round": number,
    }
