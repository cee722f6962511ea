"""tf_keras' own `fit`, with all steps of an epoch in one call of its graph."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from typing import Any

from tuner_component import model_state

_FUNCTIONS = ("_steps_per_execution", "train_function", "test_function")
_REPLACED = (*_FUNCTIONS, "train_step")


def is_legacy(model: Any) -> bool:
    """Returns whether a model is one of tf_keras."""
    return bool(model_state.keras_of(model).__name__ == "tf_keras")


def why_not(model: Any, callbacks: Sequence[Any]) -> str:
    """Returns why a model must be trained a step at a time, or "".

    Args:
        model: A compiled model of tf_keras.
        callbacks: Its callbacks.
    """
    if getattr(model, "_steps_per_execution", None) is None:
        return f"{type(model).__name__} does not know steps_per_execution"
    if model.run_eagerly:
        return "the model is compiled with run_eagerly"
    for callback in callbacks:
        if _wants_batches(callback):
            return f"the callback {type(callback).__name__} has hooks for batches"
    return ""


def _wants_batches(callback: Any) -> bool:
    return any(
        getattr(callback, f"_implements_{kind}_batch_hooks", lambda: True)()
        for kind in ("train", "test")
    )


class LegacyFunctions:
    """Lets a model of tf_keras make many steps in one call.

    Args:
        model: A compiled model, here for all its trainings: the second one goes on with
            the functions of the first, as in `fit`, and with what their layers draw.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._compiled: Sequence[Any] = ()
        self._made: dict[str, Any] = {}

    @contextlib.contextmanager
    def steps_at_once(self, num_steps: int) -> Iterator[None]:
        """Inside, the model makes so many steps in one call.

        What is left over at the end of an epoch, or of a validation, is a shorter call.
        """
        # Not by assignment: it would become one of the model's variables.
        own = vars(self._model)
        before = {name: own.get(name) for name in _REPLACED}
        self._begin(num_steps)
        own["train_step"] = _with_seeds_of_a_trace(self._model, self._model.train_step)
        try:
            yield
        finally:
            self._made = {name: own[name] for name in _FUNCTIONS}
            for name, value in before.items():
                own[name] = value
            if before["train_step"] is None:
                del own["train_step"]

    def _begin(self, num_steps: int) -> None:
        model = self._model
        compiled = (model.optimizer, model.compiled_loss, model.compiled_metrics)
        if [*map(id, compiled)] != [*map(id, self._compiled)]:
            self._compiled = compiled
            model._configure_steps_per_execution(num_steps)
            model.train_function = model.test_function = None
            return
        vars(model).update(self._made)
        model._steps_per_execution.assign(num_steps)


def _with_seeds_of_a_trace(model: Any, step: Any) -> Any:
    """Returns a step that has the same seeds however often a trace asks for it.

    A layer with a seed takes the next one whenever it is called. The loop of several
    steps calls it more than once to find out what it returns.
    """
    layers = model._flatten_layers(include_self=False)
    found = [vars(layer).get("_random_generator") for layer in layers]
    generators = [each for each in found if hasattr(each, "_seed")]
    seeds: dict[Any, list[Any]] = {}

    @functools.wraps(step)
    def traced(*args: Any, **kwargs: Any) -> Any:
        now = [generator._seed for generator in generators]
        begun = seeds.setdefault(_outermost_graph(), now)
        for generator, seed in zip(generators, begun, strict=True):
            generator._seed = seed
        return step(*args, **kwargs)

    return traced


def _outermost_graph() -> Any:
    import tensorflow as tf

    graph = tf.compat.v1.get_default_graph()
    while hasattr(getattr(graph, "outer_graph", None), "outer_graph"):
        graph = graph.outer_graph
    return graph
