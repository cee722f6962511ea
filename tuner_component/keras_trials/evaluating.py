"""Trains and scores what a user's `build_model(hp)` returns."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any

from tuner_component import model_export, model_metrics, model_state, training
from tuner_component.curve_stopping import CurveStopping
from tuner_component.errors import TrialFailedError
from tuner_component.estimators import model_fidelity
from tuner_component.evaluation import Evaluation, Evaluator, Job, Report
from tuner_component.keras_trials import (
    fidelities,
    fit_arguments,
    heirs,
    seeding,
    training_state,
    weights_file,
)
from tuner_component.keras_trials.epoch_watch import best_weights, make_watch
from tuner_component.keras_trials.exploring import explore
from tuner_component.keras_trials.training_state import TrainingState
from tuner_component.model_code import (
    ModelCode,
    built_model,
    graph_plan_of,
    hyperparameters,
    is_tested,
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
            return export(code, job)
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
            earlier.evaluation, job, lambda: _made(code, job.values)
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
    parent = None if earlier else heirs.parent_of(job, lambda v: _made(code, v))
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
    kept_after = None if _is_full(job) else epochs
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
        metrics=_result(watch, job),
        measurements=tuple(watch.measurements),
        report={
            "hyperparameters": json.loads(json.dumps(config)),
            **begun.inherited,
            **_on_test_split(begun),
        },
        stopped=watch.hopeless,
    )
    _leave(model, job, watch, evaluation)
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


def _leave(model: Any, job: Job, watch: Any, evaluation: Evaluation) -> None:
    """Leaves the best weights; those of a paused trial are in its training state."""
    if watch.best is None or watch.weights is None:
        return
    full = _is_full(job) or bool(watch.hopeless)
    if (full or not watch.arrays) and job.needs_weights(evaluation.metrics):
        model_state.put(model, watch.weights)
        weights_file.save(model, job.folder)
    heirs.leave(job, watch)
    if job.fidelity is not None and watch.best.metrics == evaluation.metrics:
        state = TrainingState(
            values=job.values,
            seed=job.seed,
            epoch=int(watch.measurements[-1].resource),
            metrics=evaluation.metrics,
            stopped=watch.stopped,
            measurements=evaluation.measurements,
            report=evaluation.report,
            callbacks=() if full else watch.callback_states,
            hopeless=watch.hopeless,
            arrays={} if full else watch.arrays,
        )
        training_state.write(job, state)


def _is_full(job: Job) -> bool:
    return job.fidelity is None or job.fidelity.is_full


def export(code: ModelCode, job: Job) -> Evaluation:
    """Writes a trained trial's model as a SavedModel to `job.note["export"]`."""
    model = _made(code, job.values)
    _load_weights(model, job)
    model_export.export(model, job.note["export"])
    return Evaluation(metrics={job.objective: 0.0})


def _made(code: ModelCode, values: Mapping[str, Any]) -> Any:
    model = built_model(code, hyperparameters(values))
    make_variables(model, code)
    return model


def _load_weights(model: Any, job: Job) -> None:
    state = training_state.read(job)
    if state is not None and state.arrays:
        model_state.put(model, best_weights(state))
        return
    weights_file.load(model, job.folder)


def _result(watch: Any, job: Job) -> dict[str, float]:
    if not watch.measurements:
        raise TrialFailedError(
            "The training ended without a single epoch; expected epochs above an "
            "initial_epoch, and no callback that stops before the first has ended."
        )
    # Not every epoch ends with a validation.
    all_metrics = [measurement.metrics for measurement in watch.measurements]
    scored = [metrics for metrics in all_metrics if job.objective in metrics]
    last = (scored or all_metrics)[-1]
    if watch.best is None or not math.isfinite(last.get(job.objective, math.nan)):
        return dict(last)
    return dict(watch.best.metrics)
