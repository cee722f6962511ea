"""Leaves out what KerasTuner's own training of a trial does for nothing.

In each trial it imports TensorBoard, whether it is used or not, and collects garbage
twice, which takes as long as a small trial. What a user's tuner overrides stays as
it is.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

_TRIALS_A_COLLECTION = 10
_COLLECTING = (
    "keras_tuner.src.engine.tuner",
    "keras.src.backend.common.global_state",
    "tf_keras.src.backend",
)
_trials = itertools.count(1)


def make_lean(tuner: Any) -> None:
    """Changes one tuner that is about to run one trial."""
    import keras_tuner

    if not isinstance(tuner, keras_tuner.Tuner):
        return
    kind, stock = type(tuner), keras_tuner.Tuner
    if kind._configure_tensorboard_dir is stock._configure_tensorboard_dir:
        tuner._configure_tensorboard_dir = _only_for_tensorboard(
            tuner._configure_tensorboard_dir
        )
    if kind._try_build is stock._try_build:
        tuner._try_build = _with_few_collections(tuner._try_build)


def _only_for_tensorboard(configure: Callable[..., None]) -> Callable[..., None]:
    def configured(callbacks: Any, *args: Any, **kwargs: Any) -> None:
        if any(_is_tensorboard(callback) for callback in callbacks):
            configure(callbacks, *args, **kwargs)

    return configured


def _is_tensorboard(callback: Any) -> bool:
    return any(kind.__name__ == "TensorBoard" for kind in type(callback).__mro__)


def _with_few_collections(build: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def built(hp: Any) -> Any:
        with _no_collections():
            model = build(hp)
        if next(_trials) % _TRIALS_A_COLLECTION == 0:
            gc.collect()
        return model

    return built


@contextlib.contextmanager
def _no_collections() -> Iterator[None]:
    """Makes `gc.collect()` do nothing where Keras and KerasTuner call it."""
    quiet = types.SimpleNamespace(**{**vars(gc), "collect": lambda *_: 0})
    found = [sys.modules[name] for name in _COLLECTING if name in sys.modules]
    changed = [module for module in found if getattr(module, "gc", None) is gc]
    for module in changed:
        vars(module)["gc"] = quiet
    try:
        yield
    finally:
        for module in changed:
            vars(module)["gc"] = gc
