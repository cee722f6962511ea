"""A tuner for plain KerasTuner scripts whose oracle has rungs."""

from __future__ import annotations

from typing import Any

import keras_tuner  # noqa: TID253 - the base class; this module is imported lazily


class ContinuingTuner(keras_tuner.Hyperband):
    """KerasTuner's tuner that continues trials, for any oracle that asks for it.

    Args:
        oracle: Its trials may have the values `tuner/epochs`, `tuner/initial_epoch`
            and `tuner/trial_id`.
        hypermodel: As for `keras_tuner.Tuner`.
        **kwargs: Further arguments of `keras_tuner.Tuner`.
    """

    def __init__(self, oracle: Any, hypermodel: Any = None, **kwargs: Any) -> None:
        keras_tuner.Tuner.__init__(self, oracle=oracle, hypermodel=hypermodel, **kwargs)
