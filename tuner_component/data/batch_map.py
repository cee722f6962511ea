"""Rows of a table mapped to batches of examples.

`tf.data` prepares the function of a `map` anew for every dataset, and every trial makes
two. Here all datasets of one kind have the function of the first.
"""

from __future__ import annotations

import contextlib
import functools
import types
from collections.abc import Callable, Iterator
from typing import Any

from tuner_component.data.table import Table


def mapped(table: Table, label_key: str | None, rows: Any) -> Any:
    """Returns a dataset of batches.

    Args:
        table: The examples.
        label_key: The feature that is the label; None: there is none.
        rows: A dataset of row numbers, shape `(batch,)`.
    """
    key = ("mapped", label_key, str(rows.element_spec))
    batcher = _batcher(table, label_key, rows.element_spec)
    with _prepared(batcher, table.graphs.get(key)):
        batches = rows.map(batcher)
    table.graphs[key] = getattr(batches, "_map_func", None)
    return batches


def batch_spec(table: Table, label_key: str, size: int | None) -> Any:
    """Returns the `element_spec` of batches of a table of numbers.

    Args:
        table: The examples.
        label_key: The feature that is the label.
        size: Rows in a batch; None: the last one may be smaller.
    """
    import tensorflow as tf

    features = {
        name: tf.TensorSpec([size, *array.shape[1:]], array.dtype)
        for name, array in (table.arrays() or {}).items()
    }
    label = features.pop(label_key)
    return features, label


@contextlib.contextmanager
def _prepared(function: Any, wrapper: Any) -> Iterator[None]:
    """Inside, `map` finds a function prepared."""
    from tensorflow.python.data.ops import map_op

    own = map_op.structured_function
    make = own.StructuredFunctionWrapper

    def made(given: Any, *args: Any, **kwargs: Any) -> Any:
        is_known = given is function and wrapper is not None
        return wrapper if is_known else make(given, *args, **kwargs)

    map_op.structured_function = types.SimpleNamespace(
        **{**vars(own), "StructuredFunctionWrapper": made}
    )
    try:
        yield
    finally:
        map_op.structured_function = own


def _batcher(table: Table, label_key: str | None, rows: Any) -> Callable[[Any], Any]:
    """Returns the graph that makes a batch; one for all datasets of the same kind."""
    import tensorflow as tf

    key = (label_key, str(rows))
    if key not in table.graphs:
        function = functools.partial(_batch, table, label_key)
        table.graphs[key] = tf.function(
            function, input_signature=[rows], autograph=False
        ).get_concrete_function()
    graph: Callable[[Any], Any] = table.graphs[key]
    return graph


def _batch(table: Table, label_key: str | None, rows: Any) -> Any:
    features = table.gather(rows)
    if label_key is None:
        return features
    label = features.pop(label_key)
    return features, label
