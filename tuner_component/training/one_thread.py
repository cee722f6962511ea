"""Graphs that one thread runs: an epoch is a chain of small operations."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any


def traced(function: Callable[..., Any], signature: list[Any]) -> Callable[..., Any]:
    """Returns the graph of a function, run by one thread where that can be.

    Args:
        function: Takes and returns tensors.
        signature: A `TensorSpec` for each argument.
    """
    import tensorflow as tf

    graph = tf.function(function, autograph=False, input_signature=signature)
    with _one_thread():
        made = graph.get_concrete_function()
    if _has_only_loops(made):
        return _run_by_one_thread(made)
    # What it calls would still be run by one thread.
    graph = tf.function(function, autograph=False, input_signature=signature)
    plain: Callable[..., Any] = graph.get_concrete_function()
    return plain


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
    """Threads that share a chain of small operations only cost."""
    import tensorflow as tf

    with tf.experimental.function_executor_type("SINGLE_THREADED_EXECUTOR"):
        yield
