"""The graphs that train or test a Keras 3 model on some batches of an iterator.

As in `epoch_graph`, a loop inside of one graph runs `model.train_step`; the batches
come from a `tf.data` iterator, in its order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tuner_component.training.epoch_graph import (
    NoGraphError,
    has_own_metrics,
    said_by_steps,
)
from tuner_component.training.model_variables import make_variables
from tuner_component.training.numbers import Numbers
from tuner_component.training.one_thread import EpochGraph


class IteratorGraphs:
    """Trains and tests a model so many batches at a time.

    Args:
        model: Compiled.
        numbers: Those of the model that the graphs read anew in every run.
    """

    def __init__(self, model: Any, numbers: Numbers) -> None:
        self._model, self._numbers = model, numbers
        self._resets_in_graph = not has_own_metrics(model)
        self._made: dict[tuple[str, str], Callable[..., Any]] = {}

    def graph(self, step: str, iterator: Any) -> Callable[[Any, int], dict[str, Any]]:
        """Returns what runs steps and returns the metrics over all of them.

        Args:
            step: `"train_step"` or `"test_step"`.
            iterator: Of a `tf.data.Dataset`; nothing is taken from it.

        Raises:
            Exception: Whatever the model's code does not like about a graph; nothing
                of the model's numbers has changed.
        """
        key = (step, str(iterator.element_spec))
        if key not in self._made:
            make_variables(self._model, batch_spec(iterator.element_spec))
            self._made[key] = self._graph(getattr(self._model, step), iterator)
        return self._made[key]

    def _graph(self, step: Callable[..., Any], iterator: Any) -> Callable[..., Any]:
        import tensorflow as tf

        model, in_graph = self._model, self._resets_in_graph
        if model.jit_compile:
            step = tf.function(step, jit_compile=True, reduce_retracing=True)

        def steps(iterator: Any, num_steps: Any) -> Any:
            def one(number: Any) -> tuple[Any]:
                said_by_steps(step(iterator.get_next()), model)
                return (number + 1,)

            if in_graph:
                model.reset_metrics()
            with self._numbers.read():
                tf.while_loop(
                    lambda number: number < num_steps,
                    one,
                    (tf.constant(0, tf.int64),),
                    parallel_iterations=1,
                )
            return model.get_metrics_result()

        signature = [iterator._type_spec, tf.TensorSpec([], tf.int64)]
        graph = EpochGraph(steps, signature, model)

        def run(iterator: Any, num_steps: int) -> dict[str, Any]:
            if not in_graph:
                model.reset_metrics()
            size = tf.constant(num_steps, tf.int64)
            return dict(graph(iterator, size, amount=num_steps))

        return run


def check_spec(spec: Any) -> None:
    """Checks that batches of this specification can be read in a graph.

    Raises:
        NoGraphError: If they are ragged or sparse.
    """
    import tensorflow as tf

    if not all(isinstance(part, tf.TensorSpec) for part in tf.nest.flatten(spec)):
        raise NoGraphError("its data are ragged or sparse")


def batch_spec(spec: Any) -> Any:
    """Returns the specification of features, label and weight."""
    import keras

    if not isinstance(spec, tuple):
        return (spec,)
    features, label, weight = keras.utils.unpack_x_y_sample_weight(spec)
    return (features, label) if weight is None else (features, label, weight)
