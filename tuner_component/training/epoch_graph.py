"""The graph that trains or tests a Keras 3 model on a whole epoch.

A step of `fit` costs far more than its arithmetic: an iterator, a function call and
the callbacks, all in Python. Here the steps are a loop inside of one graph that runs
`model.train_step` itself, so that every loss, metric and state is what `fit` has.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

from tuner_component.training.batches import (
    any_number,
    batch_of,
    over_any_batches,
    over_batches,
    weighing,
)
from tuner_component.training.examples import Examples
from tuner_component.training.graph_files import GraphFile, graph_file
from tuner_component.training.hooks import plain
from tuner_component.training.model_variables import make_variables
from tuner_component.training.numbers import Numbers
from tuner_component.training.one_thread import EpochGraph
from tuner_component.training.xla import Faster, jit


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
        key: Equal for what has the same graphs in any process; None if nobody knows.

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
        key: Hashable = None,
    ) -> None:
        self.model, self._key = model, key
        self._numbers = numbers or Numbers({})
        self._resets_in_graph = not has_own_metrics(model)
        weigh = weighing(class_weight)
        make_variables(model, weigh(*batch_of(train.columns, slice(0, 1))))
        self._train = self._faster(model.train_step, weigh, train)
        self._run(self._train, train, _no_rows(), 1)
        if validation is not None:
            self._test = self._faster(model.test_step, lambda *batch: batch, validation)
            self._run(self._test, validation, _no_rows(), 1)

    def train(
        self, examples: Examples, rows: Any, batch_size: int, *, by_xla: bool = False
    ) -> dict[str, Any]:
        """Trains on these rows, XLA's program or not; returns the metrics over all."""
        return self._run(self._train, examples, rows, batch_size, by_xla=by_xla)

    def test(
        self, examples: Examples, rows: Any, batch_size: int, *, by_xla: bool = False
    ) -> dict[str, Any]:
        """Returns the metrics over these rows."""
        return self._run(self._test, examples, rows, batch_size, by_xla=by_xla)

    def _run(
        self,
        epoch: Faster,
        examples: Examples,
        rows: Any,
        batch_size: int,
        *,
        by_xla: bool = False,
    ) -> dict[str, Any]:
        import tensorflow as tf

        if not self._resets_in_graph:
            self.model.reset_metrics()
        tensors = tf.nest.flatten(examples.columns)
        metrics = epoch(tensors, rows, batch_size, by_xla=by_xla)
        return {name: plain(value) for name, value in metrics.items()}

    def _faster(
        self, step: Callable[..., Any], weigh: Callable[..., Any], examples: Examples
    ) -> Faster:
        """Returns the graph of an epoch, and XLA's program for when it is faster."""
        graph = self._graph(step, weigh, examples)

        def epoch(tensors: Sequence[Any], rows: Any, batch_size: int) -> Any:
            columns = tf.nest.pack_sequence_as(examples.columns, tensors)

            def one(rows: Any) -> tuple[()]:
                said_by_steps(step(weigh(*batch_of(columns, rows))), self.model)
                return ()

            with self._begun():
                over_batches(rows, batch_size, one)
            return self.model.get_metrics_result()

        import tensorflow as tf

        return Faster(graph, epoch, step.__name__, self.model)

    def _graph(
        self, step: Callable[..., Any], weigh: Callable[..., Any], examples: Examples
    ) -> Callable[..., Any]:
        import tensorflow as tf

        model = self.model

        def epoch(*tensors: Any) -> Any:
            make_step = jit(step) if model.jit_compile else step
            *flat, rows, batch_size = tensors
            columns = tf.nest.pack_sequence_as(examples.columns, flat)

            def one(rows: Any) -> tuple[()]:
                said_by_steps(make_step(weigh(*batch_of(columns, rows))), model)
                return ()

            with self._begun():
                over_any_batches(rows, batch_size, one)
            return model.get_metrics_result()

        specs = [any_number(tensor) for tensor in tf.nest.flatten(examples.columns)]
        signature = [
            *specs,
            tf.TensorSpec([None], tf.int64),
            tf.TensorSpec([], tf.int64),
        ]
        file = functools.partial(self._file, step.__name__)
        graph = EpochGraph(epoch, signature, model, file)

        def run(tensors: Sequence[Any], rows: Any, batch_size: int) -> Any:
            size = tf.constant(batch_size, tf.int64)
            return graph(*tensors, rows, size, amount=rows.shape[0])

        return run

    def _file(self, step: str, executor: str) -> GraphFile | None:
        """Returns where other processes have the graph of a step, or look for it."""
        if self._key is None:
            return None
        variables = {
            "model": self.model.variables,
            "metric": self.model.metrics_variables,
            "optimizer": self.model.optimizer.variables,
        }
        resources = {
            f"{kind} {place}": variable._value.handle
            for kind, own in variables.items()
            for place, variable in enumerate(own)
        }
        return graph_file(
            (self._key, step, executor), {**resources, **self._numbers.handles}
        )

    @contextlib.contextmanager
    def _begun(self) -> Iterator[None]:
        """Inside, in a graph, metrics are those of an epoch, numbers those in force."""
        if self._resets_in_graph:
            self.model.reset_metrics()
        with self._numbers.read():
            yield


def has_own_metrics(model: Any) -> bool:
    """Returns whether metrics may need Python to begin anew."""
    metrics = [m for outer in model.metrics for m in getattr(outer, "metrics", [outer])]
    return any(type(metric).__module__.split(".")[0] != "keras" for metric in metrics)


def said_by_steps(logs: Any, model: Any) -> None:
    """Raises unless steps report the model's metrics.

    If they do not, `fit` reports what the last one returned.
    """
    if not isinstance(logs, dict) or set(logs) != set(model.get_metrics_result()):
        raise NoGraphError("its steps report other values than the model's metrics")


def _no_rows() -> Any:
    import tensorflow as tf

    return tf.zeros([0], tf.int64)
