"""`model.fit` with one graph for each epoch."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component.training.epoch_graph import EpochGraphs
from tuner_component.training.examples import Examples, Rows, in_order
from tuner_component.training.hooks import callback_list
from tuner_component.training.reuse import graphs_for
from tuner_component.training.xla import is_worth_a_try


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is trained on what, and for how long.

    Attributes:
        train: Examples.
        rows: Which of them each epoch sees, in their order.
        steps: Batches in an epoch.
        validation: Examples, or None.
        batch_size: Examples in a batch; the last one of an epoch may be smaller.
        epochs: The epoch at which it ends.
        initial_epoch: The epoch at which it begins.
        validation_steps: Batches in a validation; None: all, once.
        validation_freq: As in `fit`.
        class_weight: As in `fit`.
    """

    train: Examples
    rows: Rows
    steps: int
    validation: Examples | None
    batch_size: int
    epochs: int = 1
    initial_epoch: int = 0
    validation_steps: int | None = None
    validation_freq: int | Sequence[int] = 1
    class_weight: Mapping[int, float] | None = None


def fit(model: Any, plan: Plan, callbacks: Sequence[Any]) -> str:
    """Trains a model as `model.fit` would, metrics and callbacks included.

    Args:
        model: A compiled Keras 3 model for which `support.why_not` knows no reason.
        plan: What to do.
        callbacks: Keras callbacks without hooks for batches.

    Returns:
        Why it cannot be, or "". Then nothing has been trained, and no callback called.
    """
    try:
        graphs = graphs_for(model, plan.train, plan.validation, plan.class_weight)
    except Exception as error:  # noqa: BLE001 - `fit` raises what is the user's fault
        return first_line(error)
    _run(model, graphs, plan, callbacks)
    return ""


def _run(model: Any, graphs: EpochGraphs, plan: Plan, callbacks: Sequence[Any]) -> None:
    hooks = callback_list(model, callbacks, epochs=plan.epochs, steps=plan.steps)
    model.stop_training = False
    hooks.on_train_begin()
    logs: dict[str, Any] | None = None
    by_xla = is_worth_a_try(model, num_steps(plan))
    for epoch in range(plan.initial_epoch, plan.epochs):
        hooks.on_epoch_begin(epoch)
        rows = plan.rows(epoch)
        if model.stop_training:
            rows = rows[: plan.batch_size]  # As `fit`, which looks after each batch.
        logs = graphs.train(plan.train, rows, plan.batch_size, by_xla=by_xla)
        if plan.validation is not None and validates(plan, epoch):
            logs |= _validation(graphs, plan, plan.validation, hooks, by_xla=by_xla)
        hooks.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    finished(model)
    hooks.on_train_end(logs)


def num_steps(plan: Plan) -> int:
    """Returns how many batches are trained at most."""
    return plan.steps * (plan.epochs - plan.initial_epoch)


def finished(model: Any) -> None:
    """Does what `fit` does to a model after its last epoch."""
    if hasattr(model.optimizer, "finalize_variable_values"):
        model.optimizer.finalize_variable_values(model.trainable_weights)


def _validation(
    graphs: EpochGraphs, plan: Plan, examples: Examples, hooks: Any, *, by_xla: bool
) -> dict[str, Any]:
    rows = in_order(examples, plan.batch_size, plan.validation_steps)
    hooks.on_test_begin()
    metrics = graphs.test(examples, rows, plan.batch_size, by_xla=by_xla)
    hooks.on_test_end(metrics)
    return {f"val_{name}": value for name, value in metrics.items()}


def validates(plan: Plan, epoch: int) -> bool:
    """Returns whether a validation follows this epoch."""
    if isinstance(plan.validation_freq, int):
        return (epoch + 1) % plan.validation_freq == 0
    return epoch + 1 in plan.validation_freq


def first_line(error: Exception) -> str:
    """Returns an error's kind and the first line of its message."""
    line = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {line[:200]}"
