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

from tuner_component.training.graph_files import GraphFile

_LONG_SECONDS = 1.0  # From here on it pays to try the other executor.


class EpochGraph:
    """The graph of a function.

    Args:
        function: Takes tensors and returns tensors.
        signature: A `TensorSpec` for each argument.
        model: Whose epoch it is.
        file: By `one_thread`, where other processes leave the graph or find it.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        signature: list[Any],
        model: Any,
        file: Callable[[str], GraphFile | None] = lambda _: None,
    ) -> None:
        self._make = functools.partial(_traced, function, signature)
        self._file = file
        self._graphs: dict[bool, Any] = {}
        self._one_thread = not has_convolutions(model)
        if self._one_thread:
            with _by_one_thread():
                self._one_thread = self._find(one_thread=True)
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
                self._find(one_thread=one_thread)
            result = self._graphs[one_thread](*tensors)
        if self._seconds is not None and amount:
            self._compare(time.perf_counter() - began, amount)
        return result

    def _find(self, *, one_thread: bool) -> bool:
        """Finds or makes the graph for the executor in force; returns if it may run."""
        file = self._file("one thread" if one_thread else "threads")
        runs = _has_only_loops if one_thread else lambda _: True
        if file is None:
            graph = self._make()
            may_run = runs(graph)
        else:
            graph, may_run = file.found_or_made(self._make, runs)
        self._graphs[one_thread] = graph
        return may_run

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
