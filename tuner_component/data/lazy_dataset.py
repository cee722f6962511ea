"""Datasets that `tf.data` is asked for only when somebody wants more than their rows.

To make one takes `tf.data` as long as a small model takes for an epoch, and a training
by graphs gathers the rows itself.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from tuner_component.data.row_batches import RowBatches
from tuner_component.data.row_order import num_batches


def lazy_dataset(
    make: Callable[[], Any], element_spec: Any, options: Any, batches: RowBatches
) -> Any:
    """Returns a `tf.data.Dataset` that is made on demand.

    What `repeat`, `take`, `skip`, `prefetch` and `with_options` make of it is so too.

    Args:
        make: Returns the dataset of `tf.data`.
        element_spec: Its `element_spec`.
        options: Its `tf.data.Options`.
        batches: The rows that it is made of.
    """
    return _class_of(_Lazy)(make, element_spec, options, batches)


def ordered_rows(batches: RowBatches) -> Any:
    """Returns what Keras takes for the dataset; its iterators yield row numbers."""
    like = batches.dataset
    made = _class_of(_Ordered)
    return made(lambda: like, like.element_spec, like._options_attr, batches)


def row_batches(dataset: Any) -> RowBatches | None:
    """Returns what a dataset is made of; None if that is not known, or not all.

    Args:
        dataset: Anything.
    """
    return dataset.batches if isinstance(dataset, _Lazy) else None


@functools.cache
def _class_of(kind: type) -> Any:
    """Returns a class of datasets, which TensorFlow is imported for."""
    import tensorflow as tf

    return type(kind.__name__, (kind, tf.data.Dataset), {})


class _Lazy:
    """A dataset of rows of a table."""

    def __init__(
        self,
        make: Callable[[], Any],
        element_spec: Any,
        options: Any,
        batches: RowBatches,
    ) -> None:
        self._make, self._spec, self._rows = make, element_spec, batches
        super().__init__(None)  # type: ignore[call-arg]
        self._options_attr = options

    @property
    def batches(self) -> RowBatches:
        """The rows that it is made of."""
        return self._rows.of(self)

    @functools.cached_property
    def real(self) -> Any:
        """The dataset of `tf.data`."""
        return self._make()

    @property
    def _variant_tensor(self) -> Any:
        return self.real._variant_tensor

    def _inputs(self) -> list[Any]:
        return [self.real] if "real" in vars(self) else []

    @property
    def element_spec(self) -> Any:
        return self._spec

    def cardinality(self) -> Any:
        import tensorflow as tf

        number = num_batches(self._rows.order)
        endless = tf.data.INFINITE_CARDINALITY
        return tf.constant(endless if number == math.inf else number, tf.int64)

    def repeat(self, count: Any = None, name: Any = None) -> Any:
        # Batches within may be smaller: more than an order of rows can say.
        if not self._rows.order.is_cut:
            return self.real.repeat(count, name=name)
        return self._counted("repeat", -1 if count is None else count, name)

    def take(self, count: Any, name: Any = None) -> Any:
        return self._counted("take", count, name)

    def skip(self, count: Any, name: Any = None) -> Any:
        return self._counted("skip", count, name)

    def prefetch(self, buffer_size: Any, name: Any = None) -> Any:
        return self._then(lambda real: real.prefetch(buffer_size, name=name))

    def with_options(self, options: Any, name: Any = None) -> Any:
        then = self._then(lambda real: real.with_options(options, name=name))
        then._options_attr = self._options_attr.merge(options)
        return then

    def _counted(self, step: str, count: Any, name: Any) -> Any:
        import tensorflow as tf

        if type(count) is not int or not tf.executing_eagerly():
            return getattr(self.real, step)(count, name=name)
        then = self._then(lambda real: getattr(real, step)(count, name=name))
        then._rows = self._rows.then(step, count)
        return then

    def _then(self, step: Callable[[Any], Any]) -> Any:
        """Returns the dataset after a step that keeps the batches as they are."""
        return lazy_dataset(
            lambda: step(self.real), self._spec, self._options_attr, self._rows
        )


class _Ordered(_Lazy):
    """A dataset whose iterators are Python's."""

    def __iter__(self) -> Any:
        return iter(self._rows.order)
