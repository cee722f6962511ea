"""A step of a Keras 3 model as a function of its variables' values.

`model.train_step` assigns to the model's variables, which belong to one model. What
is computed for several at once needs the same step from values to values: Keras'
stateless calls, in the order of its own `train_step`.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

Values = list[list[Any]]
"""Of the trainable, the other and the optimiser's variables, and of the metrics'."""


class PureStep:
    """The steps of a model, without its values.

    Args:
        model: Compiled, with all its variables.
    """

    def __init__(self, model: Any) -> None:
        self.model = model

    @staticmethod
    def variables(model: Any) -> Values:
        """Returns the variables whose values a step takes and returns."""
        return [
            list(model.trainable_variables),
            list(model.non_trainable_variables),
            list(model.optimizer.variables),
            list(model.metrics_variables),
        ]

    def train(self, values: Values, features: Any, label: Any, weight: Any) -> Values:
        """Returns the values after a step on this batch."""
        import tensorflow as tf

        model, (trainable, others, optimizer, metrics) = self.model, values
        with tf.GradientTape() as tape:
            tape.watch(trainable)
            loss, predicted, others, metrics = self._loss(
                (trainable, others, metrics), (features, label, weight), training=True
            )
        gradients = tape.gradient(loss, trainable)
        with _stateless(model.optimizer):
            trainable, optimizer = model.optimizer.stateless_apply(
                optimizer, gradients, trainable
            )
        metrics = self._measured(metrics, loss, (features, label, weight), predicted)
        return [list(trainable), list(others), list(optimizer), metrics]

    def test(self, values: Values, features: Any, label: Any, weight: Any) -> Values:
        """Returns the values after a step of validation."""
        trainable, others, optimizer, metrics = values
        loss, predicted, others, metrics = self._loss(
            (trainable, others, metrics), (features, label, weight), training=False
        )
        metrics = self._measured(metrics, loss, (features, label, weight), predicted)
        return [trainable, list(others), optimizer, metrics]

    def zeros(self) -> list[Any]:
        """Returns the metrics' values before the first step of an epoch."""
        with self._scope([v.value for v in self.model.metrics_variables]) as scope:
            self.model.reset_metrics()
        return self._metric_values(scope)

    def results(self, metrics: list[Any]) -> dict[str, Any]:
        """Returns what the metrics say."""
        with self._scope(metrics):
            return dict(self.model.get_metrics_result())

    def _loss(
        self, values: tuple[Any, ...], batch: tuple[Any, ...], *, training: bool
    ) -> tuple[Any, Any, list[Any], list[Any]]:
        model, (trainable, others, metrics) = self.model, values
        features, label, weight = batch
        said = {"training": training} if model._call_has_training_arg else {}
        predicted, others, losses = model.stateless_call(
            trainable, others, features, return_losses=True, **said
        )
        model._losses_override = losses or []
        try:
            loss, (_, others, metrics) = model.stateless_compute_loss(
                *(trainable, others, metrics),
                x=features,
                y=label,
                y_pred=predicted,
                sample_weight=weight,
                training=training,
            )
        finally:
            model._losses_override = []
        return loss, predicted, list(others), list(metrics)

    def _measured(
        self, metrics: list[Any], loss: Any, batch: tuple[Any, ...], predicted: Any
    ) -> list[Any]:
        import tensorflow as tf

        features, label, weight = batch
        num_examples = tf.shape(tf.nest.flatten(features)[0])[0]
        with self._scope(metrics) as scope:
            self.model._loss_tracker.update_state(loss, sample_weight=num_examples)
            self.model.compute_metrics(features, label, predicted, weight)
        return self._metric_values(scope)

    def _scope(self, metrics: list[Any]) -> Any:
        import keras

        pairs = zip(self.model.metrics_variables, metrics, strict=True)
        return keras.StatelessScope(list(pairs))

    def _metric_values(self, scope: Any) -> list[Any]:
        return [scope.get_current_value(v) for v in self.model.metrics_variables]


@contextlib.contextmanager
def _stateless(optimizer: Any) -> Iterator[None]:
    """Inside, an optimiser of TensorFlow's computes as those of other backends do.

    Its own way, for distribution strategies, assigns to variables.
    """
    own, places = type(optimizer), optimizer._trainable_variables_indices
    try:
        optimizer.__class__ = _stateless_class(own)  # type: ignore[arg-type]
        optimizer._trainable_variables_indices = {
            id(v): place for place, v in enumerate(optimizer._trainable_variables)
        }
        yield
    finally:
        optimizer.__class__ = own
        optimizer._trainable_variables_indices = places


@functools.cache
def _stateless_class(own: Any) -> type:
    from keras.src.backend.tensorflow.optimizer import TFOptimizer
    from keras.src.optimizers.base_optimizer import BaseOptimizer

    names = {name for name in vars(TFOptimizer) if not name.startswith("__")}
    names -= {"_clip_by_norm"}  # It alone knows the gradients of an embedding.
    plain = {
        name: vars(BaseOptimizer)[name] for name in names & vars(BaseOptimizer).keys()
    }
    return type(f"Stateless{own.__name__}", (own,), plain)
