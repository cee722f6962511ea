"""From the user's code and data to the plan and identity of a study."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component.engines.base import Engine
from tuner_component.keras_tuner_adapter.owned_tuner import call_tuner_fn
from tuner_component.search import Search
from tuner_component.step import (
    cheaper,
    code_fingerprint,
    data_checks,
    preflight,
    probe,
    tfx_inputs,
)
from tuner_component.step.plan import plan_build_model, plan_stock
from tuner_component.step.request import Request
from tuner_component.step.search_plan import SearchPlan
from tuner_component.step.user_module import UserModule
from tuner_component.trial import Objective

_TRAINING_PROPERTIES = ("train_args", "eval_args", "custom_config", "label_key")


class UserCode:
    """The user's code and data, as they make a plan and an identity.

    Args:
        request: What TFX asks.
        module: The user's module.
        scratch: Local folder that lives as long as the step.

    Attributes:
        load_settings: What a worker needs to load code and data; JSON.
        explored: What the code asked for and reported, once there is a plan; JSON.

    Raises:
        PreflightError: If schema, transform graph and label do not fit together.
    """

    def __init__(self, request: Request, module: UserModule, scratch: str) -> None:
        described = tfx_inputs.describe(request.inputs, request.properties, scratch)
        self._request, self._module = request, module
        self._args = tfx_inputs.fn_args(described)
        self._schema = tfx_inputs.checked_schema(self._args)
        self.load_settings: dict[str, Any] = {
            "module": dataclasses.asdict(module),
            "inputs": described,
        }
        self.explored: Mapping[str, Any] = {}
        if not module.function:
            self.load_settings |= self._data_settings()

    def plan(
        self, engine: Engine, scratch: str, explore_folder: str
    ) -> tuple[SearchPlan, dict[str, Any]]:
        """Returns the plan and the study's identity, part by part.

        Args:
            engine: Explores the code in a worker.
            scratch: Local folder that lives as long as the step.
            explore_folder: Folder for that, which the worker sees too.

        Raises:
            PreflightError: If the search cannot succeed as it is configured.
        """
        search = self._request.search
        sketch = data_checks.readable_sketch(
            self._args, self._schema, by_schema=not self._module.function
        )
        preflight.check_examples(sketch)
        label_key = self._request.properties.get("label_key")
        if not self._module.function and label_key:
            data_checks.check_label_values(sketch, label_key)
            data_checks.check_batch_size(sketch, search)
        self.explored = probe.explore(engine, explore_folder)
        cheaper.check_epochs(search, self.explored.get("no_rungs", ""))
        plan = make_plan(search, self._module, self._args, self.explored, scratch)
        return plan, {**self._identity(plan), "data": sketch}

    def _identity(self, plan: SearchPlan) -> dict[str, Any]:
        search, properties = self._request.search, self._request.properties
        return {
            "node": self._request.node,
            "space": dict(plan.space),
            "code": code_fingerprint.fingerprint(self._module),
            "objective": _described(plan.objectives),
            "strategy": {
                "name": plan.strategy_name,
                "options": dict(search.strategy_options),
                "seed": search.seed,
            },
            "training": {
                "epochs": search.epochs,
                "batch_size": search.batch_size,
                **{key: properties.get(key) for key in _TRAINING_PROPERTIES},
            },
        }

    def _data_settings(self) -> dict[str, Any]:
        search = self._request.search
        label_key = self._request.properties.get("label_key")
        return {
            "label_key": preflight.check_label(label_key, self._schema),
            "fit_defaults": {
                "epochs": search.epochs,
                "batch_size": search.batch_size,
            },
            "seed": search.seed,
            "test_split": search.test_split,
        }


def make_plan(
    search: Search,
    module: UserModule,
    args: Any,
    explored: Mapping[str, Any],
    scratch: str,
) -> SearchPlan:
    """Returns the plan of a search: the same in every process.

    Args:
        search: The user's options.
        module: The user's code.
        args: TFX's `FnArgs`.
        explored: What the code asked for and reported.
        scratch: Local folder for a tuner's files.

    Raises:
        PreflightError: If options and code do not fit together.
    """
    space, metrics = explored["space"], explored["metrics"]
    if not module.function:
        kinds = explored["fidelities"]
        num_folds = explored.get("num_folds")
        return plan_build_model(search, space, metrics, kinds, num_folds)
    tuner_fn = getattr(module.load(), module.function)
    made = call_tuner_fn(tuner_fn, args, scratch, explore=False, seed=search.seed)
    return plan_stock(search, made.tuner, space, metrics)


def _described(objectives: Sequence[Objective]) -> Any:
    """Returns what of the objectives makes a study another one: not their weights."""
    parts = [{"name": each.name, "direction": each.direction} for each in objectives]
    return parts[0] if len(parts) == 1 else parts
