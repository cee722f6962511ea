"""The callbacks of a training, called as `fit` calls them, with less ado."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any


def callback_list(
    model: Any, callbacks: Sequence[Any], *, epochs: int, steps: int
) -> Any:
    """Returns Keras' list of these callbacks and of the model's history.

    Args:
        model: What is trained.
        callbacks: Keras callbacks without hooks for batches.
        epochs: The epoch at which the training ends.
        steps: Batches in an epoch.
    """
    import keras

    plain_list, plain_history = _classes()
    has_history = any(isinstance(one, keras.callbacks.History) for one in callbacks)
    return plain_list(
        [*callbacks, *([] if has_history else [plain_history()])],
        model=model,
        epochs=epochs,
        steps=steps,
        verbose=0,
    )


def plain(value: Any) -> Any:
    """Returns what a callback gets of a metric: a float if it is one number."""
    array = value.numpy() if hasattr(value, "numpy") else value
    return float(array) if getattr(array, "ndim", None) == 0 else array


@functools.cache
def _classes() -> tuple[Any, Any]:
    import keras

    class PlainList(keras.callbacks.CallbackList):  # type: ignore[misc]
        """Keras', which looks at every number twice in case it is a tensor."""

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            logs = logs or {}
            for callback in self.callbacks:
                callback.on_epoch_begin(epoch, logs)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if any(type(value) is not float for value in (logs or {}).values()):
                super().on_epoch_end(epoch, logs)
                return
            for callback in self.callbacks:
                callback.on_epoch_end(epoch, logs)

    class PlainHistory(keras.callbacks.History):  # type: ignore[misc]
        """Keras', which sets `model.history` every epoch, though it is set already."""

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.epoch.append(epoch)
            for name, value in (logs or {}).items():
                self.history.setdefault(name, []).append(value)

    return PlainList, PlainHistory
