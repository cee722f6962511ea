"""Lets the models of a tuner train by graphs, as those of `build_model` do.

What the user's code does is the same: the `fit` that it calls, or KerasTuner for it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tuner_component import training

_HOOKS = ("on_batch_begin", "on_batch_end")


def train_by_graphs(tuner: Any) -> Callable[[], None]:
    """Changes what a tuner's hypermodel builds; returns what undoes it.

    Args:
        tuner: A KerasTuner tuner that is about to run one trial.
    """
    hypermodel = getattr(tuner, "hypermodel", None)
    if hypermodel is None:
        return lambda: None
    build, before = hypermodel.build, dict(vars(hypermodel))
    is_shared = _only_keras_tuner_sees_models(tuner)

    def built(*args: Any, **kwargs: Any) -> Any:
        model = build(*args, **kwargs)
        if _is_trainable(model) and "fit" not in vars(model):
            training.fit_in_graphs(model, is_shared=is_shared)
            vars(model)["fit"] = _without_batch_hooks(tuner, model.fit)
        return model

    def undo() -> None:
        if "build" in before:
            hypermodel.build = before["build"]
        else:
            vars(hypermodel).pop("build", None)

    hypermodel.build = built
    return undo


def _without_batch_hooks(tuner: Any, fit: Callable[..., Any]) -> Callable[..., Any]:
    """Tells Keras that KerasTuner's own callback does nothing in batches.

    It calls the tuner's hooks, which do nothing unless the user's tuner overrides them.
    """
    import keras
    from keras_tuner.src.engine import tuner as stock
    from keras_tuner.src.engine import tuner_utils

    nothing = keras.callbacks.Callback
    stock_hooks = [
        hook
        for hook in _HOOKS
        if getattr(type(tuner), hook, None) is getattr(stock.Tuner, hook)
    ]

    @functools.wraps(fit)
    def fitted(*args: Any, **kwargs: Any) -> Any:
        for callback in kwargs.get("callbacks") or ():
            if isinstance(callback, tuner_utils.TunerCallback):
                for hook in stock_hooks:
                    vars(callback)[hook] = getattr(nothing, hook).__get__(callback)
        return fit(*args, **kwargs)

    return fitted


def _is_trainable(model: Any) -> bool:
    kinds = {kind.__module__.split(".")[0] for kind in type(model).__mro__}
    is_compiled = getattr(model, "optimizer", None) is not None
    return is_compiled and not kinds.isdisjoint({"keras", "tf_keras"})


def _only_keras_tuner_sees_models(tuner: Any) -> bool:
    """Code of the user's may use a model after the next one was trained."""
    names = ("run_trial", "_build_and_fit_model", "_try_build")
    methods = [getattr(type(tuner), name, None) for name in names]
    methods.append(getattr(type(tuner.hypermodel), "fit", None))
    return all(
        str(getattr(method, "__module__", "")).split(".")[0] == "keras_tuner"
        for method in methods
    )
