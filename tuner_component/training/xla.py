"""An epoch as one program of XLA's, where that is faster than TensorFlow's graph.

XLA joins the small operations of a step, but compiling takes seconds, for every shape
anew. So only long trainings try it, and the first of them compares.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from tuner_component.training import dropout
from tuner_component.training.one_thread import has_convolutions
from tuner_component.training.structure import structure_of

_LEAST_STEPS = 3_000
"""Of a training; the seconds that fewer take are those of compiling."""
_MOST_PROGRAMS = 16
"""In a process: XLA keeps each, some 35 MB, as long as the process lives."""
_GAIN = 1.1  # Less is noise.
_logger = logging.getLogger(__name__)
_is_faster: dict[Hashable, bool] = {}
"""What comparing has shown in this process, by the kinds of a model's layers."""
_programs: list[Hashable] = []
"""The kinds of those that were compiled in this process, each shape by itself."""


def is_worth_a_try(model: Any, num_steps: int) -> bool:
    """Returns whether a training by XLA may be a faster one, and is the same.

    A processor makes convolutions faster without it. On a GPU, starting operations is
    what takes the time, of these too.

    Args:
        model: Built and compiled.
        num_steps: Of this training.
    """
    if num_steps < _LEAST_STEPS or structure_of(model) is None or _rounds(model):
        return False
    return has_gpu() or not has_convolutions(model)


def jit(step: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a step that is compiled by itself, as `jit_compile` asks for.

    It is one of the graph that is being made: it takes in that graph's tensors.
    """
    import tensorflow as tf

    compiled: Callable[..., Any] = tf.function(
        step, autograph=False, jit_compile=True, reduce_retracing=True
    )
    return compiled


class Faster:
    """A graph, or the program of the same epoch: what turns out to be faster.

    Args:
        graph: Called with tensors of any number of rows, the rows of the epoch among
            them, and the batch size; returns the metrics, or more.
        epoch: The same as a function that XLA can compile, shapes and batch size known.
        name: What its steps do.
        model: Whose epoch it is; one of the same kinds of layers, optimiser and steps
            takes the first one's verdict.
    """

    def __init__(
        self,
        graph: Callable[..., Any],
        epoch: Callable[..., Any],
        name: str,
        model: Any,
    ) -> None:
        import tensorflow as tf

        self._graph, self._kinds = graph, (name, _kinds_of(model))
        self._has_steps_by_xla = bool(model.jit_compile)
        self._program = tf.function(epoch, autograph=False, jit_compile=True)
        # There is one for each structure, and no other way to say that it is meant.
        self._program._omit_frequent_tracing_warning = True
        self._compiled: dict[Hashable, Callable[..., Any]] = {}
        self._seconds: list[float] = []

    def __call__(
        self, tensors: Sequence[Any], rows: Any, batch_size: int, *, by_xla: bool
    ) -> Any:
        """Runs an epoch.

        Args:
            tensors: What it is about.
            rows: The rows of the epoch, in batches along the last axis.
            batch_size: Rows in a batch; the last one may be smaller.
            by_xla: Whether it may be the program.
        """
        shapes = (rows.shape, batch_size, tensors[0].shape, tensors[-1].shape)
        known = shapes in self._compiled or len(_programs) < _MOST_PROGRAMS
        if not (by_xla and known and _is_faster.get(self._kinds, True)):
            return self._graph(tensors, rows, batch_size)
        if self._kinds in _is_faster:
            return self._by_program(shapes, tensors, rows, batch_size)
        began = time.perf_counter()
        if len(self._seconds) < 2:
            result = self._by_program(shapes, tensors, rows, batch_size)
        else:
            result = self._graph(tensors, rows, batch_size)
        _wait_for_gpus()
        self._compare(time.perf_counter() - began)
        return result

    def _by_program(
        self, shapes: Hashable, tensors: Sequence[Any], rows: Any, batch_size: int
    ) -> Any:
        """Compiling fails before anything is computed; then the graph does it."""
        try:
            if shapes not in self._compiled:
                self._compiled[shapes] = self._traced(tensors, rows, batch_size)
                _programs.append(self._kinds)
            return self._compiled[shapes](tensors, rows, batch_size)
        except Exception as error:  # noqa: BLE001 - the graph raises what is the user's
            _logger.info("XLA does not train this model: %s", error)
            _is_faster[self._kinds] = False
            return self._graph(tensors, rows, batch_size)

    def _traced(
        self, tensors: Sequence[Any], rows: Any, batch_size: int
    ) -> Callable[..., Any]:
        """Returns the function of these shapes: to find it takes as long as ten steps.

        That is what a call of `tf.function` does every time.
        """
        with dropout.by_arithmetic(as_xla=self._has_steps_by_xla):
            found: Callable[..., Any] = self._program.get_concrete_function(
                tensors, rows, batch_size
            )
        return found

    def _compare(self, seconds: float) -> None:
        """Takes the time of the program, compiled with it, again, and of the graph."""
        self._seconds.append(seconds)
        if len(self._seconds) == 3:
            _, program, graph = self._seconds
            _is_faster[self._kinds] = program * _GAIN < graph


def _kinds_of(model: Any) -> Hashable:
    layers = model._flatten_layers(include_self=False)
    return frozenset(type(part).__name__ for part in (*layers, model.optimizer))


def _rounds(model: Any) -> bool:
    """Returns whether a layer computes in half precision, which XLA rounds later."""
    layers = model._flatten_layers(include_self=False)
    kinds = {getattr(layer, "compute_dtype", "float32") for layer in layers}
    return bool(kinds & {"bfloat16", "float16"})


def _wait_for_gpus() -> None:
    """Returns when what was started is done: a call of a GPU's program only starts."""
    import tensorflow as tf

    tf.test.experimental.sync_devices()


def has_gpu() -> bool:
    """Returns whether TensorFlow sees a GPU."""
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))
