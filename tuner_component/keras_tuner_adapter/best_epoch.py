"""Writes the weights of a trial's best epoch once, when its training ends.

KerasTuner writes a file at the end of every epoch that is better than those before,
which takes longer than an epoch of a small model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_MOST_BYTES = 1 << 28  # Beyond, a copy of the weights costs more than a file.


def write_once(tuner: Any) -> None:
    """Changes what one tuner does that is about to run one trial."""
    train = getattr(tuner, "_build_and_fit_model", None)
    if train is not None:
        tuner._build_and_fit_model = _with_one_file(train)


def _with_one_file(train: Callable[..., Any]) -> Callable[..., Any]:
    from keras_tuner.src.engine import tuner_utils

    def trained(*args: Any, **kwargs: Any) -> Any:
        savers = [
            _BestWeights(callback)
            for callback in kwargs.get("callbacks") or ()
            if type(callback) is tuner_utils.SaveBestEpoch
        ]
        results = train(*args, **kwargs)
        for saver in savers:
            saver.write()
        return results

    return trained


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
