"""Writes the weights of a trial's best epoch once, when its training ends, or never.

KerasTuner writes a file at the end of every epoch that is better than those before,
which takes longer than an epoch of a small model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_MOST_BYTES = 1 << 28  # Beyond, a copy of the weights costs more than a file.


def write_once(tuner: Any, *, by_caller: bool = False) -> Callable[[], None]:
    """Changes what one tuner does that is about to run one trial.

    Args:
        tuner: The tuner; it is changed.
        by_caller: Whether nothing is written until the caller asks for it.

    Returns:
        Writes what has not been written.
    """
    weights = _TrialWeights(by_caller=by_caller)
    train = getattr(tuner, "_build_and_fit_model", None)
    if train is not None:
        tuner._build_and_fit_model = weights.watched(train)
    return weights.write


class _TrialWeights:
    def __init__(self, *, by_caller: bool) -> None:
        self._by_caller = by_caller
        self._savers: list[_BestWeights] = []

    def watched(self, train: Callable[..., Any]) -> Callable[..., Any]:
        from keras_tuner.src.engine import tuner_utils

        def trained(*args: Any, **kwargs: Any) -> Any:
            self._savers = [  # A repeated training overwrites the file of the last.
                _BestWeights(callback)
                for callback in kwargs.get("callbacks") or ()
                if type(callback) is tuner_utils.SaveBestEpoch
            ]
            results = train(*args, **kwargs)
            if not self._by_caller:
                self.write()
            return results

        return trained

    def write(self) -> None:
        for saver in self._savers:
            saver.write()


class _BestWeights:
    def __init__(self, callback: Any) -> None:
        self._callback = callback
        self._best: list[Any] | None = None
        self._write = type(callback)._save_model.__get__(callback)
        callback._save_model = self._keep

    def _keep(self) -> None:
        model = self._callback.model
        if 4 * model.count_params() > _MOST_BYTES:
            self._write()
        else:
            self._best = model.get_weights()

    def write(self) -> None:
        """Writes what was kept; not at `on_train_end`, which own loops leave out."""
        if self._best is None:
            return
        model = self._callback.model
        last = model.get_weights()
        model.set_weights(self._best)
        self._write()
        model.set_weights(last)
        self._best = None
