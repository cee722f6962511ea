"""The graph that trains or tests a Keras 3 model on a whole epoch.

A step of `fit` costs far more than its arithmetic: an iterator, a function call and
the callbacks, all in Python. Here the steps are a loop inside of one graph that runs
`model.train_step` itself, so that every loss, metric and state is what `fit` has.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tuner_component.training.examples import Examples
from tuner_component.training.numbers import Numbers


class NoGraphError(Exception):
    """A model cannot be trained by a graph."""


class EpochGraphs:
    """Trains and tests a model an epoch at a time.

    Args:
        model: Compiled; its variables are made here where they are missing.
        train: What it is trained on.
        validation: What it is tested on, or None.
        class_weight: As in `fit`, for the training.
        numbers: Those of the model that the graphs read anew in every run.

    Raises:
        Exception: Whatever the model's code does not like about a graph; nothing of
            the model's numbers has changed.
    """

    def __init__(
        self,
        model: Any,
        train: Examples,
        validation: Examples | None,
        class_weight: Mapping[int, float] | None,
        numbers: Numbers | None = None,
    ) -> None:
        self.model = model
        self._numbers = numbers or Numbers({})
        self._resets_in_graph = not has_own_metrics(model)
        weigh = _weighing(class_weight)
        _make_variables(model, weigh(*_batch(train.columns, slice(0, 1))))
        self._train = self._graph(model.train_step, weigh, train)
        self._run(self._train, train, _no_rows(), 1)
        if validation is not None:
            self._test = self._graph(model.test_step, lambda *batch: batch, validation)
            self._run(self._test, validation, _no_rows(), 1)

    def train(self, examples: Examples, rows: Any, batch_size: int) -> dict[str, Any]:
        """Trains on these rows; returns the metrics over all of them."""
        return self._run(self._train, examples, rows, batch_size)

    def test(self, examples: Examples, rows: Any, batch_size: int) -> dict[str, Any]:
        """Returns the metrics over these rows."""
        return self._run(self._test, examples, rows, batch_size)

    def _run(
        self, graph: Any, examples: Examples, rows: Any, batch_size: int
    ) -> dict[str, Any]:
        import tensorflow as tf

        if not self._resets_in_graph:
            self.model.reset_metrics()
        size = tf.constant(batch_size, tf.int64)
        metrics = graph(*tf.nest.flatten(examples.columns), rows, size)
        return {name: _plain(value) for name, value in metrics.items()}

    def _graph(
        self, step: Callable[..., Any], weigh: Callable[..., Any], examples: Examples
    ) -> Any:
        import tensorflow as tf

        model, in_graph = self.model, self._resets_in_graph
        if model.jit_compile:
            step = tf.function(step, jit_compile=True, reduce_retracing=True)

        def epoch(*tensors: Any) -> Any:
            *flat, rows, batch_size = tensors
            columns = tf.nest.pack_sequence_as(examples.columns, flat)
            num_rows = tf.size(rows, tf.int64)

            def one(begin: Any) -> tuple[Any]:
                batch = _batch(columns, rows[begin : begin + batch_size])
                _check(step(weigh(*batch)), model)
                return (begin + batch_size,)

            if in_graph:
                model.reset_metrics()
            begin = tf.constant(0, tf.int64)
            with self._numbers.read():
                tf.while_loop(
                    lambda begin: begin < num_rows, one, (begin,), parallel_iterations=1
                )
            return model.get_metrics_result()

        specs = [_any_number(tensor) for tensor in tf.nest.flatten(examples.columns)]
        signature = [
            *specs,
            tf.TensorSpec([None], tf.int64),
            tf.TensorSpec([], tf.int64),
        ]
        with _one_thread():
            graph = tf.function(
                epoch, autograph=False, input_signature=signature
            ).get_concrete_function()
        return _run_by_one_thread(graph) if _has_only_loops(graph) else graph


def has_own_metrics(model: Any) -> bool:
    """Returns whether metrics may need Python to begin anew."""
    metrics = [m for outer in model.metrics for m in getattr(outer, "metrics", [outer])]
    return any(type(metric).__module__.split(".")[0] != "keras" for metric in metrics)


def _check(logs: Any, model: Any) -> None:
    """`fit` reports what the last step returned if it is not the model's metrics."""
    if not isinstance(logs, dict) or set(logs) != set(model.get_metrics_result()):
        raise NoGraphError("its steps report other values than the model's metrics")


def _batch(columns: Any, rows: Any) -> Any:
    import tensorflow as tf

    def take(tensor: Any) -> Any:
        return tensor[rows] if isinstance(rows, slice) else tf.gather(tensor, rows)

    return tf.nest.map_structure(take, columns)


def _weighing(class_weight: Mapping[int, float] | None) -> Callable[..., Any]:
    if not class_weight:
        return lambda *batch: batch
    from keras.src.trainers.data_adapters import tf_dataset_adapter

    weighing: Callable[..., Any] = tf_dataset_adapter.make_class_weight_map_fn(
        class_weight
    )
    return weighing


def _make_variables(model: Any, batch: Any) -> None:
    import tensorflow as tf

    model._symbolic_build(data_batch=tf.nest.map_structure(_any_number, batch))


def _any_number(tensor: Any) -> Any:
    import tensorflow as tf

    return tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype)


def _no_rows() -> Any:
    import tensorflow as tf

    return tf.zeros([0], tf.int64)


def _plain(value: Any) -> Any:
    return value.numpy() if hasattr(value, "numpy") else value


def _has_only_loops(graph: Any) -> bool:
    """One thread waits for ever for the branches of a condition that it runs itself."""
    definition = graph.graph.as_graph_def()
    nodes = [
        *definition.node,
        *(n for f in definition.library.function for n in f.node_def),
    ]
    return all(
        node.op in ("While", "StatelessWhile")
        for node in nodes
        if any(value.HasField("func") for value in node.attr.values())
    )


def _run_by_one_thread(graph: Any) -> Callable[..., Any]:
    def run(*tensors: Any) -> Any:
        with _one_thread():
            return graph(*tensors)

    return run


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """An epoch is a chain of small operations: threads that share it only cost."""
    import tensorflow as tf

    with tf.experimental.function_executor_type("SINGLE_THREADED_EXECUTOR"):
        yield
