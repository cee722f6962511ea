"""What a KerasTuner oracle must do differently inside a process of ours."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tuner_component.keras_tuner_adapter import bridge

_MANY_COLLISIONS = 1000


def forget(oracle: Any) -> None:
    """Removes an oracle from KerasTuner's tables, which are never emptied."""
    from keras_tuner.src.engine import oracle as oracle_module

    oracle_module.LOCKS.pop(oracle, None)
    oracle_module.THREADS.pop(oracle, None)


def unlock(oracle: Any) -> None:
    """Gives back the lock that KerasTuner keeps when an oracle raises."""
    from keras_tuner.src.engine import oracle as oracle_module

    if oracle_module.THREADS[oracle] == threading.current_thread().name:
        oracle_module.THREADS[oracle] = None
        oracle_module.LOCKS[oracle].release()


def write_whole(write: Callable[[str], Any], path: str) -> None:
    """Lets KerasTuner write a file so that whoever is killed leaves the old or the new.

    Args:
        write: Writes to the path that it is given.
        path: Of the file.
    """
    import tensorflow as tf

    beside = f"{path}.new"
    write(beside)
    tf.io.gfile.rename(beside, path, overwrite=True)


def without_files(oracle: Any) -> None:
    """Makes an oracle write nothing."""
    oracle.save = lambda: None
    oracle._save_trial = lambda _: None


@contextlib.contextmanager
def released_lock(oracle: Any) -> Iterator[None]:
    """Gives the oracle's lock back when it raises, which KerasTuner does not."""
    try:
        yield
    except BaseException:
        forget(oracle)
        raise


def silence(oracle: Any) -> None:
    """Leaves files, printing, retries and failures to the study.

    Random values are drawn more often before a space counts as exhausted.
    """
    without_files(oracle)
    oracle.verbose = 0
    oracle.max_retries_per_trial = 0
    oracle.max_consecutive_failed_trials = None
    oracle._max_collisions = max(oracle._max_collisions, _MANY_COLLISIONS)


def keep_shared_names(oracle: Any) -> None:
    """Keeps the value of a name that is defined under several conditions.

    KerasTuner drops it where those of the last definition do not hold.
    """
    record = oracle._record_values

    def recorded(trial: Any) -> None:
        hps = trial.hyperparameters
        if len({hp.name for hp in hps.space}) < len(hps.space):
            hps.values = bridge.completed(hps.get_config())
            vars(hps)["ensure_active_values"] = lambda: None
        record(trial)

    oracle._record_values = recorded


def is_bayesian(oracle: Any) -> bool:
    """Returns whether it is KerasTuner's Bayesian optimization."""
    import keras_tuner

    return isinstance(oracle, keras_tuner.oracles.BayesianOptimizationOracle)


def is_cheap_to_replay(oracle: Any) -> bool:
    """Returns whether asking again costs little, or is the only way as for the grid.

    `GridSearchOracle.get_state` leaves out its queue; Hyperband's state grows with
    the number of trials and would be journalled with each.
    """
    import keras_tuner

    oracles = keras_tuner.oracles
    return isinstance(oracle, oracles.GridSearchOracle | oracles.HyperbandOracle)


def hallucinate_from_completed(oracle: Any) -> None:
    """Lets pending trials be imagined by a model of all that is known.

    KerasTuner asks the model that an earlier call left behind, or an unfitted one,
    so that the answer would depend on more than the history.
    """
    vectorize = oracle._vectorize_trials

    def fitted_first() -> Any:
        trials = oracle.trials
        if oracle.ongoing_trials:
            oracle.trials = {
                key: trial
                for key, trial in trials.items()
                if trial.status == "COMPLETED"
            }
            try:
                points, scores = vectorize()
            finally:
                oracle.trials = trials
            oracle.gpr.fit(np.nan_to_num(points), np.nan_to_num(scores))
        return vectorize()

    oracle._vectorize_trials = fitted_first
