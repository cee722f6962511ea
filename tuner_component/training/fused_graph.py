"""The graph that trains several models of one structure at once.

Small models leave a processor idle between operations. Here every operation works on
the values of all models, stacked along a new first axis (HFTA: Wang et al., MLSys
2021): as many operations as for one model. `Values` of shape `(num_models, ...)` each.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tuner_component.training import dropout
from tuner_component.training.batches import (
    any_number,
    batch_of,
    over_any_batches,
    over_batches,
    weighing,
)
from tuner_component.training.examples import Examples
from tuner_component.training.numbers import Places, in_place
from tuner_component.training.one_thread import EpochGraph
from tuner_component.training.pure_step import PureStep, Values
from tuner_component.training.vectorised import complete
from tuner_component.training.xla import Faster, jit


class FusedGraphs:
    """Trains and tests models of one structure, an epoch at a time.

    Args:
        model: One of them, with all its variables; its values have no part in it.
        places: Where its numbers are that differ between the models.
        train: What they are trained on.
        validation: What they are tested on, or None.
        class_weight: As in `fit`, for the training.

    Raises:
        Exception: If there is no such graph; nothing has changed.
    """

    def __init__(
        self,
        model: Any,
        places: Places,
        train: Examples,
        validation: Examples | None,
        class_weight: Mapping[int, float] | None,
    ) -> None:
        complete()
        self._step, self._places = PureStep(model), places
        self._variables = PureStep.variables(model)
        weigh = weighing(class_weight)

        def train_step(values: Values, *batch: Any) -> Values:
            return self._step.train(values, *_three(weigh(*batch)))

        def test_step(values: Values, *batch: Any) -> Values:
            return self._step.test(values, *_three(batch))[3:]

        self._train = self._faster(train_step, train, learns=True)
        if validation is not None:
            self._test = self._faster(test_step, validation, learns=False)

    def train(
        self,
        values: Values,
        numbers: Sequence[Any],
        examples: Examples,
        *epoch: Any,
        by_xla: bool = False,
    ) -> tuple[Values, dict[str, Any]]:
        """Trains every model on its own rows.

        Args:
            values: The models' own, without those of the metrics, which begin anew.
            numbers: Of shape `(num_models,)` each, in the order of their sorted names.
            examples: As those that the graph was made for.
            epoch: Rows of shape `(num_models, num_rows)`, int64, and the batch size.
            by_xla: Whether it may be XLA's program.

        Returns:
            The values afterwards, and each metric for every model.
        """
        given = (values, numbers, examples, *epoch)
        (*after, _), metrics = _run(self._train, *given, by_xla=by_xla)
        return after, metrics

    def test(
        self,
        values: Values,
        numbers: Sequence[Any],
        examples: Examples,
        *epoch: Any,
        by_xla: bool = False,
    ) -> dict[str, Any]:
        """Tests every model on the same rows, of shape `(num_rows,)`; see `train`."""
        metrics: dict[str, Any]
        given = (values, numbers, examples, *epoch)
        _, metrics = _run(self._test, *given, by_xla=by_xla)
        return metrics

    def _faster(self, step: Any, examples: Examples, *, learns: bool) -> Faster:
        """Returns the graph of an epoch, and XLA's program for when it is faster."""
        import tensorflow as tf

        given = self._specs(examples)

        def epoch(tensors: Sequence[Any], rows: Any, batch_size: int) -> Any:
            values, *rest = tf.nest.pack_sequence_as(given, tensors)
            one = self._one(step, values, rest, learns=learns)
            state = (*(values if learns else ()), self._zeros(values))
            after = over_batches(rows, batch_size, one, *state)
            return after, _vectorised(self._step.results, after[-1])

        graph = self._graph(step, examples, learns=learns)
        return Faster(graph, epoch, f"{step.__name__}s", self._step.model)

    def _graph(self, step: Any, examples: Examples, *, learns: bool) -> Any:
        import tensorflow as tf

        given = self._specs(examples)

        def epoch(*tensors: Any) -> Any:
            *flat, rows, size = tensors
            values, *rest = tf.nest.pack_sequence_as(given, flat)
            one = self._one(step, values, rest, learns=learns)
            one = _jit(one) if self._step.model.jit_compile else one
            state = (*(values if learns else ()), self._zeros(values))
            after = over_any_batches(rows, size, one, *state)
            return after, _vectorised(self._step.results, after[-1])

        rows_spec = tf.TensorSpec([None, None] if learns else [None], tf.int64)
        size_spec = tf.TensorSpec([], tf.int64)
        signature = [*tf.nest.flatten(given), rows_spec, size_spec]
        graph = EpochGraph(epoch, signature, self._step.model)

        def run(tensors: Sequence[Any], rows: Any, batch_size: int) -> Any:
            size = tf.constant(batch_size, tf.int64)
            return graph(*tensors, rows, size, amount=rows.shape[-1])

        return run

    def _one(
        self, step: Any, values: Values, rest: Sequence[Any], *, learns: bool
    ) -> Callable[..., Values]:
        """Returns what makes a step of each model: rows, what changes -> the same."""
        import tensorflow as tf

        numbers, columns = rest
        fixed = [] if learns else values

        def one(rows: Any, *changing: Any) -> Values:
            batch = batch_of(columns, rows)
            values = [*fixed, *changing]
            after = self._map(step, values, numbers, batch, own_batch=learns)
            tf.nest.map_structure(_keep_shape, after, list(changing))
            return after

        return one

    def _map(
        self, step: Any, values: Values, numbers: Any, batch: Any, *, own_batch: bool
    ) -> Values:
        """Returns the values after a step of each model."""

        def one_model(own: Any) -> Values:
            values, numbers, *rest = own
            named = dict(zip(sorted(self._places), numbers, strict=True))
            with in_place(self._places, named):
                after: Values = step(values, *(rest[0] if own_batch else batch))
            return after

        own = (values, numbers, batch) if own_batch else (values, numbers)
        after: Values = _vectorised(one_model, own)
        return after

    def _specs(self, examples: Examples) -> tuple[Any, ...]:
        """Returns what a graph is given, but for rows and batch size."""
        import tensorflow as tf

        return (
            [[any_number_of(v) for v in kind] for kind in self._variables[:3]],
            [tf.TensorSpec([None], tf.float64) for _ in self._places],
            tf.nest.map_structure(any_number, examples.columns),
        )

    def _zeros(self, values: Values) -> list[Any]:
        import tensorflow as tf

        num_models = tf.shape(values[0][0])[:1]
        return [
            tf.broadcast_to(zero, tf.concat([num_models, tf.shape(zero)], 0))
            for zero in self._step.zeros()
        ]


def _jit(one: Callable[..., Values]) -> Callable[..., Values]:
    """Returns a step of all models that is compiled, as that of each alone is."""

    def step(*given: Any) -> Values:
        with dropout.by_arithmetic(as_xla=True):
            return one(*given)

    return jit(step)


def _vectorised(function: Callable[..., Any], values: Any) -> Any:
    """Maps over the models; what cannot be is an error, of which nothing is printed."""
    import tensorflow as tf

    logger = tf.get_logger()
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        return tf.vectorized_map(function, values, warn=False)
    finally:
        logger.setLevel(level)


def any_number_of(variable: Any) -> Any:
    """Returns the specification of a variable of any number of models."""
    import tensorflow as tf

    return tf.TensorSpec([None, *variable.shape], variable.dtype)


def _three(batch: Sequence[Any]) -> tuple[Any, Any, Any]:
    features, label, *weight = batch
    return features, label, weight[0] if weight else None


def _keep_shape(after: Any, before: Any) -> None:
    after.set_shape(before.shape)


def _run(
    epoch: Faster,
    values: Values,
    numbers: Sequence[Any],
    examples: Examples,
    rows: Any,
    batch_size: int,
    *,
    by_xla: bool,
) -> Any:
    import tensorflow as tf

    tensors = tf.nest.flatten((values, list(numbers), examples.columns))
    return epoch(tensors, rows, batch_size, by_xla=by_xla)
