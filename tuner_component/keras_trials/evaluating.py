"""Trains and scores what a user's `build_model(hp)` returns."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any

from tuner_component import model_metrics, model_state, training
from tuner_component.curve_stopping import CurveStopping
from tuner_component.estimators import model_fidelity
from tuner_component.evaluation import Evaluation, Evaluator, Job, Report
from tuner_component.keras_trials import (
    ending,
    exporting,
    fidelities,
    fit_arguments,
    heirs,
    seeding,
    training_state,
)
from tuner_component.keras_trials.epoch_watch import make_watch
from tuner_component.keras_trials.exploring import explore
from tuner_component.keras_trials.training_state import TrainingState
from tuner_component.model_code import (
    ModelCode,
    built_model,
    graph_plan_of,
    hyperparameters,
    is_tested,
    made_model,
    make_variables,
    narrowed,
)
from tuner_component.trial import ON_TEST_SPLIT


def make_evaluator(code: ModelCode) -> Evaluator:
    """Returns the evaluator of a `build_model` that returns Keras models."""
    parts = fidelities.Parts(code.train, code.seed)

    def evaluate(job: Job, report: Report) -> Evaluation:
        if "explore" in job.note:
            return explore(code)
        with model_fidelity.given(job.fidelity):
            if not fidelities.is_reduced(job):
                return evaluated(code, job, report)
            return evaluated(_reduced(code, parts, job), fidelities.plain(job), report)

    def evaluated(code: ModelCode, job: Job, report: Report) -> Evaluation:
        if "export" in job.note:
            return exporting.export(code, job)
        return train(code, job, report)

    return evaluate


def _reduced(code: ModelCode, parts: fidelities.Parts, job: Job) -> ModelCode:
    """Returns the code with the examples that a job gets, and as many steps fewer."""
    part, steps = parts.of(job), code.fit_defaults.get("steps_per_epoch")
    if part is code.train or job.fidelity is None:
        return code
    defaults = dict(code.fit_defaults)
    if steps is not None:
        defaults["steps_per_epoch"] = math.ceil(steps * job.fidelity.value)
    return dataclasses.replace(code, train=part, fit_defaults=defaults)


def train(code: ModelCode, job: Job, report: Report) -> Evaluation:
    """Trains one configuration; the score is that of its best epoch.

    The weights of that epoch are left in the trial's folder. A job with a fidelity in
    epochs trains up to that epoch, from where the trial was paused before: the result
    is that of a training without the pause. What that needs is left in the folder too;
    where it was lost, the training begins anew.
    """
    epochs, earlier = training_state.epochs_of(job), training_state.read(job)
    if epochs is not None and earlier is not None and earlier.is_enough_for(epochs):
        return model_metrics.added(
            earlier.evaluation, job, lambda: made_model(code, job.values)
        )
    begun = begin(code, job, report, earlier)
    _fit(begun)
    return end(begun)


@dataclasses.dataclass(frozen=True)
class Begun:
    """A trial that is ready to be trained.

    Attributes:
        code: The user's model and data.
        job: Whose training it is.
        hyperparameters: The trial's, those that the model asked for included.
        model: Built by the user's code.
        fit: What `fit` is told, beside data and callbacks.
        callbacks: The user's.
        watch: The callback behind them, see `make_watch`.
        first: Epochs that it has behind it.
        reads_weights: Whether the watch needs more than the model's weights.
        inherited: What the record says of a parent's weights.
    """

    code: ModelCode
    job: Job
    hyperparameters: Any
    model: Any
    fit: Mapping[str, Any]
    callbacks: list[Any]
    watch: Any
    first: int
    reads_weights: bool
    inherited: Mapping[str, Any]


def begin(
    code: ModelCode, job: Job, report: Report, earlier: TrainingState | None
) -> Begun:
    """Builds a trial's model, and puts in what an earlier training has left."""
    epochs = training_state.epochs_of(job)
    parent = None if earlier else heirs.parent_of(job, lambda v: made_model(code, v))
    seeding.seed(job.seed)
    hp = hyperparameters(job.values)
    model = built_model(code, hp)
    code = narrowed(code, model)
    own = code.fit_args(hp)
    fit = fit_arguments.settled(code.fit_defaults, hp.values, own, epochs)
    if epochs is not None:
        make_variables(model, code)
        if earlier and not model_state.put_training(model, earlier.arrays):
            earlier = None
    if parent is not None:
        make_variables(model, code)
    callbacks = fit.pop("callbacks", [])
    kept_after = None if fidelities.is_full(job) else epochs
    inherited = heirs.begin(job, parent, model)
    stopping = CurveStopping(job, _full_epochs(job, fit["epochs"]))
    watch = make_watch(model, job, report, earlier, callbacks, kept_after, stopping)
    first = earlier.epoch if earlier else 0
    keeps = kept_after is not None or job.inheritance is not None
    return Begun(
        code, job, hp, model, fit, list(callbacks), watch, first, keeps, inherited
    )


def end(begun: Begun) -> Evaluation:
    """Scores a trained trial and leaves its files."""
    model, job, watch = begun.model, begun.job, begun.watch
    config = begun.hyperparameters.get_config()
    evaluation = Evaluation(
        metrics=ending.best_metrics(watch, job),
        measurements=tuple(watch.measurements),
        report={
            "hyperparameters": json.loads(json.dumps(config)),
            **begun.inherited,
            **_on_test_split(begun),
        },
        stopped=watch.hopeless,
    )
    ending.leave(model, job, watch, evaluation)
    return model_metrics.added(evaluation, job, lambda: model)


def _on_test_split(begun: Begun) -> dict[str, Any]:
    """Returns the report of the best epoch's metrics there; nothing for most trials."""
    code, model, watch = begun.code, begun.model, begun.watch
    if not is_tested(code, begun.job) or watch.best is None:
        return {}
    model_state.put(model, watch.weights)
    batches = code.test.batches(begun.fit["batch_size"])
    found = model.evaluate(batches, verbose=0, return_dict=True)
    return {ON_TEST_SPLIT: {f"test_{name}": float(found[name]) for name in found}}


def _full_epochs(job: Job, epochs: int) -> float:
    """Returns the epochs of all rungs, or of the only training."""
    most = job.fidelity.most if job.fidelity else None
    return epochs if most is None else most


def _fit(begun: Begun) -> None:
    code, first, fit = begun.code, begun.first, dict(begun.fit)
    callbacks = [*begun.callbacks, begun.watch]
    plan, why_not = graph_plan(begun)
    if plan is not None:
        why_not = training.fit(begun.model, plan, callbacks)
    if not why_not:
        return
    if plan is not None:
        training.fall_back(why_not)
    training.fit_in_graphs(begun.model, is_shared=True)
    batch_size = fit.pop("batch_size")
    fit.setdefault("verbose", 0)
    batches, fit["steps_per_epoch"] = code.train.epochs(
        batch_size,
        seed=begun.job.seed,
        steps=fit.get("steps_per_epoch"),
        first=None if begun.job.fidelity is None else first,
    )
    begun.model.fit(
        batches,
        validation_data=code.validation.batches(
            batch_size, repeat=bool(fit.get("validation_steps"))
        ),
        callbacks=callbacks,
        **({"initial_epoch": first} if first else {}),
        **fit,
    )


def graph_plan(begun: Begun) -> tuple[training.Plan | None, str]:
    """Returns how graphs train a trial; or None, and why `fit` must do it."""
    callbacks = [*begun.callbacks, begun.watch]
    fit = dict(begun.fit)
    fit["initial_epoch"] = begun.first or fit.get("initial_epoch", 0)
    return graph_plan_of(begun.model, begun.code, fit, callbacks, begun.job.seed)


def num_steps(code: ModelCode, job: Job) -> int:
    """Returns how many batches a job may train; 0 if the examples are streamed."""
    if code.train.arrays is None:
        return 0
    own = code.fit_args(hyperparameters(job.values))
    epochs = training_state.epochs_of(job)
    fit = fit_arguments.settled(code.fit_defaults, job.values, own, epochs)
    num_examples = code.train.num_examples or 0
    steps = fit.get("steps_per_epoch") or -(-num_examples // fit["batch_size"])
    return int(fit["epochs"] * steps)
