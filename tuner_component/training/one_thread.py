"""Graphs of a whole epoch, run by one thread where that is faster.

Threads that share a chain of small operations only cost. Where the operations are
large, the executor of several threads is the better one: it computes in place.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterator
from typing import Any

_LONG_SECONDS = 1.0  # From here on it pays to try the other executor.


class EpochGraph:
    """The graph of a function.

    Args:
        function: Takes tensors and returns tensors.
        signature: A `TensorSpec` for each argument.
        model: Whose epoch it is.
    """

    def __init__(
        self, function: Callable[..., Any], signature: list[Any], model: Any
    ) -> None:
        self._make = functools.partial(_traced, function, signature)
        self._graphs: dict[bool, Any] = {}
        self._one_thread = not has_convolutions(model)
        if self._one_thread:
            with _by_one_thread():
                self._graphs[True] = self._make()
            self._one_thread = _has_only_loops(self._graphs[True])
        self._seconds: list[float] | None = [] if self._one_thread else None

    def __call__(self, *tensors: Any, amount: int) -> Any:
        """Runs it; how many threads run it next depends on the time it takes.

        Args:
            tensors: What the function takes.
            amount: Of what the time is proportional to, such as rows.
        """
        one_thread = self._one_thread
        began = time.perf_counter()
        with _by_one_thread() if one_thread else contextlib.nullcontext():
            if one_thread not in self._graphs:
                self._graphs[one_thread] = self._make()
            result = self._graphs[one_thread](*tensors)
        if self._seconds is not None and amount:
            self._compare(time.perf_counter() - began, amount)
        return result

    def _compare(self, seconds: float, amount: int) -> None:
        """Takes the time of a run: by one thread, then twice not, then it is decided.

        The first run by an executor prepares it.
        """
        times = self._seconds or []
        if not times and seconds < _LONG_SECONDS:
            return
        times.append(seconds / amount)
        self._one_thread, self._seconds = False, times
        if len(times) == 3:
            self._one_thread, self._seconds = times[0] < times[2], None


def _traced(function: Callable[..., Any], signature: list[Any]) -> Any:
    """Returns a graph, for the executor in force: what it calls is bound to it."""
    import tensorflow as tf

    return tf.function(
        function, autograph=False, input_signature=signature
    ).get_concrete_function()


def _has_only_loops(graph: Any) -> bool:
    """One thread waits for ever for the branches of a condition that it runs itself."""
    definition = graph.graph.as_graph_def()
    functions = definition.library.function
    nodes = [*definition.node, *(node for f in functions for node in f.node_def)]
    return all(
        node.op in ("While", "StatelessWhile")
        for node in nodes
        if any(value.HasField("func") for value in node.attr.values())
    )


def has_convolutions(model: Any) -> bool:
    """Returns whether a model has some: they are large operations, always."""
    layers = model._flatten_layers(include_self=False)
    return any("Conv" in type(layer).__name__ for layer in layers)


@contextlib.contextmanager
def _by_one_thread() -> Iterator[None]:
    import tensorflow as tf

    with tf.experimental.function_executor_type("SINGLE_THREADED_EXECUTOR"):
        yield
