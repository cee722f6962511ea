"""The graphs of a `fit` whose datasets are rows of a table.

They gather the batches themselves: the datasets hand out row numbers, an epoch may be
a program of XLA's, and the graphs are those of a training on arrays.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from tuner_component.data import RowBatches, ordered_rows, row_batches
from tuner_component.training import legacy_fit, reuse
from tuner_component.training.epoch_graph import EpochGraphs
from tuner_component.training.examples import Examples
from tuner_component.training.left_by_traces import without_variables
from tuner_component.training.xla import is_worth_a_try


def of(
    model: Any, said: Mapping[str, Any], steps: int, kept: dict[Any, Any] | None
) -> RowGraphs | None:
    """Returns graphs, if it is known of all data what rows they are.

    Args:
        model: Compiled.
        said: All arguments of its `fit`.
        steps: Batches of an epoch.
        kept: The graphs of this model; None if they may be those of an earlier one.
    """
    if legacy_fit.is_legacy(model):
        return None
    train, validation = row_batches(said["x"]), None
    if said["validation_data"] is not None:
        validation = row_batches(said["validation_data"])
        if validation is None:
            return None
    if train is None:
        return None
    by_xla = is_worth_a_try(model, steps * (said["epochs"] - said["initial_epoch"]))
    try:
        with without_variables(model):
            return RowGraphs(
                model,
                *(train, validation, said["class_weight"]),
                kept=kept,
                by_xla=by_xla,
            )
    except Exception:  # noqa: BLE001 - graphs on the datasets say it, or do it
        return None


class RowGraphs:
    """Trains and tests a model on the rows that an iterator hands out.

    Args:
        model: Compiled.
        train: What it is trained on.
        validation: What it is tested on, or None.
        class_weight: As in `fit`.
        kept: The graphs of this model; None if they may be those of an earlier one.
        by_xla: Whether they may be programs of XLA's.

    Raises:
        Exception: Whatever the model's code does not like about a graph; nothing of
            the model's numbers has changed.
    """

    def __init__(
        self,
        model: Any,
        train: RowBatches,
        validation: RowBatches | None,
        class_weight: Mapping[int, float] | None,
        *,
        kept: dict[Any, Any] | None,
        by_xla: bool,
    ) -> None:
        self._by_xla, self._batches = by_xla, {"train_step": train}
        if validation is not None:
            self._batches["test_step"] = validation
        make: Callable[..., EpochGraphs] = (
            reuse.graphs_for
            if kept is None
            else functools.partial(reuse.graphs_of_one, kept)
        )
        tested = None if validation is None else _examples(validation)
        self._graphs = make(model, _examples(train), tested, class_weight)

    @property
    def data(self) -> dict[str, Any]:
        """What `fit` is to be told of data instead."""
        rows = {step: ordered_rows(batches) for step, batches in self._batches.items()}
        return {
            "x": rows["train_step"],
            "validation_data": rows.get("test_step"),
            "class_weight": None,  # The graphs have it.
        }

    def graph(self, step: str, _: Any) -> Callable[[Any, int], dict[str, Any]]:
        """Returns what runs steps and returns the metrics over all of them.

        Args:
            step: `"train_step"` or `"test_step"`.
        """
        run = self._graphs.train if step == "train_step" else self._graphs.test
        return functools.partial(self._run, run, self._batches[step])

    def _run(
        self, run: Callable[..., Any], batches: RowBatches, iterator: Any, steps: int
    ) -> dict[str, Any]:
        import numpy as np
        import tensorflow as tf

        with tf.device("CPU"):
            rows = tf.constant(np.concatenate([next(iterator) for _ in range(steps)]))
        size = batches.order.batch_size
        found: dict[str, Any] = run(_examples(batches), rows, size, by_xla=self._by_xla)
        return found


def _examples(batches: RowBatches) -> Examples:
    """Returns the examples as tensors, on the GPU if there is one.

    They are the same for the same table.
    """
    import tensorflow as tf

    kept, key = batches.table.graphs, ("examples", batches.label_key)
    if key not in kept:
        features = tf.nest.map_structure(tf.identity, dict(batches.table.tensors))
        label = features.pop(batches.label_key)
        kept[key] = Examples(features, label)
    found: Examples = kept[key]
    return found
