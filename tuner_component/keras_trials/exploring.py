"""What a `build_model` asks for and reports, found out before the first trial."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from tuner_component import model_inputs, model_metrics, training
from tuner_component.errors import PreflightError
from tuner_component.estimators import model_fidelity
from tuner_component.evaluation import Evaluation
from tuner_component.keras_trials import fidelities, fit_arguments, seeding
from tuner_component.model_code import (
    ModelCode,
    built_model,
    graph_plan_of,
    hyperparameters,
    make_variables,
    narrowed,
)
from tuner_component.space_discovery import discover


def explore(code: ModelCode) -> Evaluation:
    """Finds the search space and the metrics that a trial will report.

    The default model, or where that is infeasible another one, is trained for one
    step, so that what cannot work fails here. The report holds `space` (a
    `HyperParameters` configuration), `complete`, `metrics` (names), `no_rungs` (why a
    strategy cannot say the epochs, or "") and `fidelities` (what else a strategy can
    spend: kind to the full amount).
    """
    found = discover(code.build_model)
    hp = hyperparameters(found.values)
    seeding.seed(0)
    with model_fidelity.recorded() as asked:
        model = built_model(code, hp)
    model_inputs.check(model, code.train.feature_specs())
    code = narrowed(code, model)
    make_variables(model, code)
    kinds = fidelities.kinds(code.train, model, asked)
    own = code.fit_args(hp)
    fit_arguments.check(own, model.fit)
    fit = fit_arguments.settled(code.fit_defaults, hp.values, own, None)
    said = fit_arguments.epochs_said_by(hp.values, own)
    try:
        history = _trained_for_one_step(model, code, fit)
    except Exception as error:
        batch, _ = next(iter(code.train.batches(fit["batch_size"])))
        if reason := model_inputs.why_uneven(model, batch):
            raise PreflightError(reason) from error
        raise
    return Evaluation(
        metrics={"explored": 1.0},
        report={
            "space": found.config,
            "complete": found.complete,
            "metrics": sorted({*history, *model_metrics.NAMES}),
            "fidelities": kinds,
            "no_rungs": f"{said} says them too; remove it" if said else "",
        },
    )


def _trained_for_one_step(
    model: Any, code: ModelCode, fit: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Returns the history; the graphs serve the trials of the same structure too."""
    size = fit["batch_size"]
    plan, _ = graph_plan_of(model, code, {"batch_size": size, "steps_per_epoch": 1}, [])
    if plan is not None:
        plan = dataclasses.replace(plan, validation_steps=1)
    if plan is None or training.fit(model, plan, []):
        model.fit(
            code.train.batches(size).take(1),
            validation_data=code.validation.batches(size).take(1),
            verbose=0,
        )
    history: Mapping[str, Any] = model.history.history
    return history
