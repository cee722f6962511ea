"""The graphs that train or test a Keras 3 model on some batches of an iterator.

As in `epoch_graph`, a loop inside of one graph runs `model.train_step`; the batches
come from a `tf.data` iterator, in its order.
"""

from __future__ import annotations

import contextlib
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
        self._num_steps: Any = None
        self._resets_in_graph = not has_own_metrics(model)
        self._made: dict[tuple[str, bool, str], Callable[..., Any]] = {}

    def graph(
        self, step: str, iterator: Any, *, may_end: bool = False
    ) -> Callable[[Any, int], dict[str, Any]]:
        """Returns what runs steps and returns the metrics over all of them.

        Args:
            step: `"train_step"` or `"test_step"`.
            iterator: Of a `tf.data.Dataset`; nothing is taken from it.
            may_end: Whether the iterator may have fewer batches. What then raises
                `tf.errors.OutOfRangeError` has made a step of each.

        Raises:
            Exception: Whatever the model's code does not like about a graph; nothing
                of the model's numbers has changed.
        """
        key = (step, may_end, str(iterator.element_spec))
        if key not in self._made:
            make_variables(self._model, batch_spec(iterator.element_spec))
            one = getattr(self._model, step)
            self._made[key] = self._graph(one, iterator, may_end=may_end)
        return self._made[key]

    def until_end(self) -> tuple[int, dict[str, Any] | None]:
        """Returns the steps of a run that found its data to end, and their metrics."""
        made = 0 if self._num_steps is None else int(self._num_steps)
        return made, dict(self._model.get_metrics_result()) if made else None

    def _graph(
        self, step: Callable[..., Any], iterator: Any, *, may_end: bool
    ) -> Callable[..., Any]:
        import tensorflow as tf

        model, in_graph = self._model, self._resets_in_graph
        if model.jit_compile:
            step = tf.function(step, jit_compile=True, reduce_retracing=True)
        if self._num_steps is None:
            with tf.device("CPU"):
                self._num_steps = tf.Variable(0, dtype=tf.int64, trainable=False)
        num_steps_made = self._num_steps

        def steps(iterator: Any, num_steps: Any) -> Any:
            def one(number: Any) -> tuple[Any]:
                batch = iterator.get_next()
                with _after(batch) if may_end else contextlib.nullcontext():
                    said_by_steps(step(batch), model)
                    if may_end:
                        num_steps_made.assign_add(1)
                return (number + 1,)

            if may_end:
                num_steps_made.assign(0)
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


def _after(batch: Any) -> Any:
    """Returns what makes nothing of a step begin before there is a batch."""
    import tensorflow as tf

    return tf.control_dependencies(tf.nest.flatten(batch))


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
