"""A KerasTuner oracle that runs inside the driver: quiet, file-less, repeatable."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tuner_component import records
from tuner_component.errors import StudyMismatchError
from tuner_component.keras_tuner_adapter import bridge, directions, oracle_patches
from tuner_component.trial import Trial

_REBUILT_BY_REPLAY = frozenset(
    {
        "display",
        "end_order",
        "hyperparameters",
        "id_to_hash",
        "ongoing_trials",
        "retry_queue",
        "run_times",
        "seed",
        "start_order",
        "tried_so_far",
    }
)


class LiveOracle:
    """An oracle that is told and asked, and can be brought to where it was.

    Args:
        oracle: A KerasTuner oracle of this object's own; it is changed.

    Attributes:
        oracle: The oracle.
        created: Trial ids of the oracle with the values, in the order of creation.
        told: Ended trials that the oracle knows of, by the oracle's trial id.
    """

    def __init__(self, oracle: Any) -> None:
        self.oracle = oracle
        self.created: dict[str, Mapping[str, Any]] = {}
        self.told: dict[str, Trial] = {}
        self._untold: list[str] = []
        self._max_trials = oracle.max_trials
        self._populate: Callable[[str], dict[str, Any]] = oracle.populate_space
        self._replays_itself = oracle_patches.is_cheap_to_replay(oracle)
        oracle_patches.silence(oracle)
        oracle_patches.keep_shared_names(oracle)
        if oracle_patches.is_bayesian(oracle):
            oracle_patches.hallucinate_from_completed(oracle)
        self._state = self._own_state()

    def tell(self, trial_id: str, trial: Trial) -> None:
        """Tells the oracle that one of its trials has ended."""
        from keras_tuner.engine import trial as trial_module

        # A copy, so that what `snapshot` returned stays as it was.
        started = copy.copy(self.oracle.trials[trial_id])
        started.metrics = type(started.metrics)()
        self.oracle.trials[trial_id] = started
        known = started.hyperparameters.get_config()
        ended = trial_module.Trial(
            bridge.hyperparameters(
                trial.report.get("hyperparameters", known), trial.used_values
            ),
            trial_id,
            bridge.STATUSES[trial.state],
            trial.error.message if trial.error else None,
        )
        with oracle_patches.released_lock(self.oracle):
            if trial.state.has_score:
                directions.register(
                    started.metrics, self.oracle.objective, trial.metrics
                )
                step = int(trial.report.get("best_step", 0))
                self.oracle.update_trial(trial_id, dict(trial.metrics), step=step)
            self.oracle.end_trial(ended)
        self.told[trial_id] = trial
        self._untold.append(trial_id)

    def create(self) -> tuple[Any, dict[str, Any]]:
        """Asks the oracle for its next trial.

        Returns:
            A KerasTuner trial, and the note from which `replay` repeats this.
        """
        created = self._create(self._proposal)
        note: dict[str, Any] = {}
        if created.status == "RUNNING":
            note = {"oracle_trial_id": created.trial_id, "told": self._untold}
            state = self._own_state()
            changed = {
                key: value
                for key, value in state.items()
                if value != self._state.get(key)
            }
            if changed and not self._replays_itself:
                note["oracle_state"] = changed
            self._state, self._untold = state, []
        return created, note

    def replay(self, trial: Trial) -> None:
        """Repeats the creation of a trial.

        Raises:
            StudyMismatchError: If the oracle creates another one now.
        """

        def recorded(_: str) -> dict[str, Any]:
            return {"status": "RUNNING", "values": dict(trial.values)}

        created = self._create(self._proposal if self._replays_itself else recorded)
        values, expected = dict(created.hyperparameters.values), dict(trial.values)
        if (created.trial_id, values) != (trial.note["oracle_trial_id"], expected):
            raise StudyMismatchError(
                f"{type(self.oracle).__name__} no longer proposes what the study "
                f"holds: received trial {created.trial_id!r} with {values!r}, expected "
                f"{trial.note['oracle_trial_id']!r} with {expected!r}. The tuner's "
                "arguments or the release of KerasTuner differ; start a new study "
                'with Search(resume="never").'
            )
        self._untold = []

    def restore(self, state: Mapping[str, Any]) -> None:
        """Sets the state that the oracle had after the last replayed creation."""
        self.oracle.set_state({**self.oracle.get_state(), **copy.deepcopy(dict(state))})
        self._state = self._own_state()

    def snapshot(self) -> dict[str, Any]:
        """Returns a copy of everything that telling and asking change."""
        oracle = self.oracle
        kept = {id(item): item for item in (oracle, oracle._display)}
        kept |= {id(trial): trial for trial in oracle.trials.values()}
        state = {
            name: value
            for name, value in vars(oracle).items()
            if not callable(value) and name != "gpr"
        }
        progress = dict(self.created), dict(self.told), list(self._untold), self._state
        return {"oracle": copy.deepcopy(state, kept), "progress": progress}

    def roll_back(self, snapshot: dict[str, Any]) -> None:
        """Goes back to a snapshot, which belongs to this object from then on."""
        self.created, self.told, self._untold, self._state = snapshot["progress"]
        vars(self.oracle).update(snapshot["oracle"])

    def close(self) -> None:
        """Lets go of the oracle, which KerasTuner's table of locks would keep."""
        oracle_patches.forget(self.oracle)

    def _create(self, populate: Callable[[str], dict[str, Any]]) -> Any:
        self.oracle.populate_space = populate
        self.oracle.max_trials = None  # The study counts; ids keep their width.
        with oracle_patches.released_lock(self.oracle), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Of the Gaussian process's convergence.
            created = self.oracle.create_trial(f"slot{len(self.created)}")
        if created.status == "RUNNING":
            values = {
                name: value.item() if isinstance(value, np.generic) else value
                for name, value in created.hyperparameters.values.items()
            }
            self.created[created.trial_id] = values
        return created

    def _proposal(self, trial_id: str) -> dict[str, Any]:
        self.oracle.max_trials = self._max_trials
        number = len(self.created)
        if oracle_patches.is_bayesian(self.oracle):
            self.oracle._random_state = np.random.RandomState(
                [self.oracle.seed, number]
            )
        response = dict(self._populate(trial_id))
        values = response.get("values")
        if response["status"] != "RUNNING" or values is None:
            return response
        if oracle_patches.is_bayesian(self.oracle) and self.oracle._duplicate(values):
            values = self.oracle._random_values()
            if values is None:
                return {"status": "STOPPED", "values": None}
        response["values"] = self._completed(values, number)
        return response

    def _completed(self, values: Mapping[str, Any], number: int) -> dict[str, Any]:
        """Fills in what has joined the space; KerasTuner would draw it unseeded."""
        hps = self.oracle.get_space()
        hps.values = dict(values)
        for hp in hps.space:
            if hps.is_active(hp) and hp.name not in hps.values:
                hps.values[hp.name] = hp.random_sample(self.oracle.seed + number)
        return dict(hps.values)

    def _own_state(self) -> dict[str, Any]:
        if self._replays_itself:
            return {}
        state = self.oracle.get_state()
        return {
            key: records.encode(value)
            for key, value in copy.deepcopy(state).items()
            if key not in _REBUILT_BY_REPLAY
        }
