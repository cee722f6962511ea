"""The graph that trains several models of one structure at once.

Small models leave a processor idle between operations. Here every operation works on
the values of all models, stacked along a new first axis (HFTA: Wang et al., MLSys
2021): as many operations as for one model. `Values` of shape `(num_models, ...)` each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tuner_component.training.epoch_graph import any_number, batch_of, weighing
from tuner_component.training.examples import Examples
from tuner_component.training.numbers import Places, in_place
from tuner_component.training.one_thread import EpochGraph
from tuner_component.training.pure_step import PureStep, Values
from tuner_component.training.vectorised import complete


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

        self._train = self._graph(train_step, train, learns=True)
        if validation is not None:
            self._test = self._graph(test_step, validation, learns=False)

    def train(
        self, values: Values, numbers: Sequence[Any], examples: Examples, *epoch: Any
    ) -> tuple[Values, dict[str, Any]]:
        """Trains every model on its own rows.

        Args:
            values: The models' own, without those of the metrics, which begin anew.
            numbers: Of shape `(num_models,)` each, in the order of their sorted names.
            examples: As those that the graph was made for.
            epoch: Rows of shape `(num_models, num_rows)`, int64, and the batch size.

        Returns:
            The values afterwards, and each metric for every model.
        """
        (*after, _), metrics = _run(self._train, values, numbers, examples, *epoch)
        return after, metrics

    def test(
        self, values: Values, numbers: Sequence[Any], examples: Examples, *epoch: Any
    ) -> dict[str, Any]:
        """Tests every model on the same rows, of shape `(num_rows,)`; see `train`."""
        metrics: dict[str, Any]
        _, metrics = _run(self._test, values, numbers, examples, *epoch)
        return metrics

    def _graph(self, step: Any, examples: Examples, *, learns: bool) -> Any:
        import tensorflow as tf

        given = self._specs(examples, [None, None] if learns else [None])

        def epoch(*tensors: Any) -> Any:
            *flat, size = tensors
            values, numbers, columns, rows = tf.nest.pack_sequence_as(given, flat)
            fixed = [] if learns else values

            def one(begin: Any, *changing: Any) -> Any:
                batch = batch_of(columns, rows[..., begin : begin + size])
                after = self._map(
                    step, [*fixed, *changing], numbers, batch, own_batch=learns
                )
                tf.nest.map_structure(_keep_shape, after, list(changing))
                return (begin + size, *after)

            zeros = self._zeros(tf.shape(values[0][0])[:1])
            _, *after = tf.while_loop(
                lambda begin, *_: begin < tf.shape(rows, tf.int64)[-1],
                one,
                (tf.constant(0, tf.int64), *(values if learns else ()), zeros),
                parallel_iterations=1,
            )
            return after, _vectorised(self._step.results, after[-1])

        signature = [*tf.nest.flatten(given), tf.TensorSpec([], tf.int64)]
        return EpochGraph(epoch, signature, self._step.model)

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

    def _specs(self, examples: Examples, rows_shape: list[None]) -> tuple[Any, ...]:
        """Returns what a graph is given, but for the batch size."""
        import tensorflow as tf

        return (
            [[any_number_of(v) for v in kind] for kind in self._variables[:3]],
            [tf.TensorSpec([None], tf.float64) for _ in self._places],
            tf.nest.map_structure(any_number, examples.columns),
            tf.TensorSpec(rows_shape, tf.int64),
        )

    def _zeros(self, num_models: Any) -> list[Any]:
        import tensorflow as tf

        return [
            tf.broadcast_to(zero, tf.concat([num_models, tf.shape(zero)], 0))
            for zero in self._step.zeros()
        ]


def _vectorised(function: Callable[..., Any], values: Any) -> Any:
    import tensorflow as tf

    return tf.vectorized_map(function, values, warn=False)


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
    graph: Callable[..., Any],
    values: Values,
    numbers: Sequence[Any],
    examples: Examples,
    rows: Any,
    batch_size: int,
) -> Any:
    import tensorflow as tf

    given = (values, list(numbers), examples.columns, rows)
    size = tf.constant(batch_size, tf.int64)
    return graph(*tf.nest.flatten(given), size, amount=rows.shape[-1])
