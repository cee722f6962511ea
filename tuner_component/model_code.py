"""The user's `build_model` and data, and what every trial needs of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tuner_component import model_inputs, precision, training
from tuner_component.data import Split
from tuner_component.errors import TrialFailedError
from tuner_component.evaluation import Job
from tuner_component.precision import Precision
from tuner_component.trial import REPEAT_OF


@dataclasses.dataclass(frozen=True)
class ModelCode:
    """The user's model and data, as a worker needs them.

    Attributes:
        build_model: hp -> compiled Keras model (Keras 3 or tf_keras).
        fit_args: hp -> keyword arguments of `model.fit`; they win over all else.
        train: The training split, `data.Split`.
        validation: The validation split, `data.Split`.
        fit_defaults: `epochs`, `batch_size`, `steps_per_epoch`,
            `validation_steps`; None means "not said".
        cross_validation: Returns options of the cross-validation.
        asks_for_folds: Whether the user has a function of that name; if not, Keras
            models are scored on the validation split.
        test: The split that repeats are scored on too, `data.Split`; None: no such.
        seed: The study's.
        precision: What every model is built with, unless it sets another.
        fn_args: TFX's `FnArgs`, which the functions may have been given; or None.
    """

    build_model: Callable[[Any], Any]
    fit_args: Callable[[Any], Mapping[str, Any]]
    train: Any
    validation: Any
    fit_defaults: Mapping[str, Any]
    cross_validation: Callable[[], Mapping[str, Any]] = dict
    asks_for_folds: bool = False
    test: Any = None
    seed: int = 0
    precision: Precision = dataclasses.field(default_factory=precision.found)
    fn_args: Any = None


def built_model(code: ModelCode, hp: Any) -> Any:
    """Returns what the user's code builds; raises if it cannot be trained."""
    code.precision.restore()
    model = code.build_model(hp)
    if not hasattr(model, "fit") or getattr(model, "optimizer", None) is None:
        raise TrialFailedError(
            f"build_model returned a {type(model).__name__}; expected a compiled "
            "Keras model: call model.compile(...) and return the model."
        )
    return model


def hyperparameters(values: Mapping[str, Any]) -> Any:
    """Returns KerasTuner's `HyperParameters` with these values."""
    import keras_tuner

    hp = keras_tuner.HyperParameters()
    hp.values = dict(values)
    return hp


def narrowed(code: ModelCode, model: Any) -> ModelCode:
    """Returns the code with the features that the model takes."""
    names = model_inputs.names(model)
    if names is None:
        return code
    splits = {name: getattr(code, name) for name in ("train", "validation", "test")}
    given = {name: split and split.only(names) for name, split in splits.items()}
    return dataclasses.replace(code, **given)


def is_tested(code: ModelCode, job: Job) -> bool:
    """Returns whether a trial is scored on the test split too: if it is a repeat."""
    return code.test is not None and REPEAT_OF in job.note


def make_variables(model: Any, code: ModelCode) -> None:
    """Makes a model's variables where it waits for data."""
    if not model.built:
        features, _ = next(iter(code.train.batches(1)))
        model(features)


def made_model(code: ModelCode, values: Mapping[str, Any]) -> Any:
    """Returns the model that the user's code builds for some values, with variables."""
    model = built_model(code, hyperparameters(values))
    make_variables(model, code)
    return model


def graph_plan_of(
    model: Any,
    code: ModelCode,
    fit: Mapping[str, Any],
    callbacks: Sequence[Any],
    seed: int = 0,
) -> tuple[training.Plan | None, str]:
    """Returns how graphs train a model; or None, and why `fit` must do it.

    Args:
        model: Built by the user's code.
        code: Whose data it gets.
        fit: What `fit` is told, beside data and callbacks.
        callbacks: Keras callbacks.
        seed: Shuffles the data.
    """
    plan = dict(fit)
    batch_size, steps = plan.pop("batch_size"), plan.pop("steps_per_epoch", None)
    if code.train.arrays is None or code.validation.arrays is None:
        return None, "the examples are no arrays in memory"
    if reason := training.why_not(model, plan, callbacks):
        return None, reason
    train, validation = map(_examples, (code.train, code.validation))
    numbers = training.shuffled(train.num_examples, batch_size, seed, steps)
    plan["rows"] = lambda epoch: train.own(numbers(epoch))
    plan["steps"] = steps or -(-train.num_examples // batch_size)
    plan |= {"train": train, "validation": validation, "batch_size": batch_size}
    return training.Plan(**plan), ""


def _examples(split: Split) -> training.Examples:
    """Returns a split that is held in arrays."""
    return training.examples_of(split.arrays or {}, split.rows)
