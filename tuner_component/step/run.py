"""One Tuner step, from artifacts to artifacts."""

from __future__ import annotations

import dataclasses
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component import report, search_loop
from tuner_component.engines.base import Engine, Event
from tuner_component.gfile_store import is_remote
from tuner_component.keras_tuner_adapter.owned_tuner import call_tuner_fn
from tuner_component.progress import Progress
from tuner_component.search import Search
from tuner_component.step import (
    data_sketch,
    outputs,
    preflight,
    probe,
    results,
    tfx_inputs,
    user_module,
)
from tuner_component.step.local_engine import num_parallel_trials, open_engine
from tuner_component.step.plan import (
    SearchPlan,
    check_options,
    plan_build_model,
    plan_stock,
)
from tuner_component.step.user_module import UserModule
from tuner_component.study import Limits, Study
from tuner_component.study import home as study_home


@dataclasses.dataclass(frozen=True)
class Request:
    """What TFX asks of a step.

    Attributes:
        inputs: Input key to artifacts.
        outputs: Output key to artifacts; those that are missing are not written.
        properties: Execution properties.
        node: The pipeline node's name.
    """

    inputs: Mapping[str, Sequence[Any]]
    outputs: Mapping[str, Sequence[Any]]
    properties: Mapping[str, Any]
    node: str

    @property
    def search(self) -> Search:
        """The user's options."""
        text = self.properties.get("search")
        return Search.from_json(text) if text else Search()


def run(request: Request) -> None:
    """Checks, searches, and writes the artifacts.

    Raises:
        TunerError: If the step cannot be done; the message says what to do.
    """
    search = request.search
    check_options(search)
    preflight.check_outputs(request.outputs)
    preflight.check_inputs(request.inputs, *_splits(request.properties))
    num_workers = num_parallel_trials(search, request.properties.get("tune_args"))
    root = _studies_root(request)
    preflight.check_study_folder(root)
    with tempfile.TemporaryDirectory(prefix="tuner_") as scratch:
        module = user_module.locate(request.properties, scratch)
        code = _Code(request, module, root, scratch)
        engine = open_engine(
            search, num_workers, module, code.load_settings, _log_folder(root)
        )
        try:
            plan, identity = code.plan(engine, scratch)
            _search(request, plan, engine, root, identity)
        finally:
            engine.close()


class _Code:
    """The user's code and data: what is known of them before a worker is asked."""

    def __init__(
        self, request: Request, module: UserModule, root: str, scratch: str
    ) -> None:
        working_dir = os.path.join(root, "working_dir")  # noqa: PTH118 - may be a URI
        described = tfx_inputs.describe(request.inputs, request.properties, working_dir)
        self._request, self._module = request, module
        self._args = tfx_inputs.fn_args(described)
        self._schema = tfx_inputs.checked_schema(self._args)
        self.load_settings: dict[str, Any] = {
            "module": dataclasses.asdict(module),
            "inputs": described,
        }
        if not module.function:
            self.load_settings |= self._data_settings(scratch)

    def plan(self, engine: Engine, scratch: str) -> tuple[SearchPlan, dict[str, Any]]:
        """Returns the plan and the study's fingerprint, part by part."""
        search = self._request.search
        sketch = data_sketch.sketch(self._args, self._schema)
        preflight.check_examples(sketch)
        report = probe.explore(engine)
        if self._module.function:
            tuner_fn = getattr(self._module.load(), self._module.function)
            tuner = call_tuner_fn(
                tuner_fn, self._args, scratch, explore=False, seed=search.seed
            ).tuner
            plan = plan_stock(search, tuner, report["space"], report["metrics"])
        else:
            plan = plan_build_model(search, report["space"], report["metrics"])
        return plan, {**self._identity(plan), "data": sketch}

    def _identity(self, plan: SearchPlan) -> dict[str, Any]:
        search, properties = self._request.search, self._request.properties
        return {
            "node": self._request.node,
            "space": dict(plan.space),
            "code": user_module.fingerprint(self._module),
            "objective": dataclasses.asdict(plan.objective),
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

    def _data_settings(self, scratch: str) -> dict[str, Any]:
        search = self._request.search
        label_key = self._request.properties.get("label_key")
        return {
            "label_key": preflight.check_label(label_key, self._schema),
            "cache_folder": scratch,
            "fit_defaults": {
                "epochs": search.epochs,
                "batch_size": search.batch_size,
            },
        }


_TRAINING_PROPERTIES = ("train_args", "eval_args", "custom_config", "label_key")


def _search(
    request: Request,
    plan: SearchPlan,
    engine: Engine,
    root: str,
    identity: Mapping[str, Any],
) -> None:
    """Runs the study that has this identity, and writes what came of it."""
    search = request.search
    with study_home.open_home(
        root, identity, search.resume, data_sketch.same_data
    ) as home:
        _say(home.message)
        study = Study.open(
            home,
            plan.strategy,
            plan.objective,
            _limits(search, plan),
            options={"search": search.to_json()},
        )
        watch = _Watch(request.node, plan)
        reason = search_loop.run(study, engine, watch, search.max_seconds)
        study.finish(reason)
        page = report.page(study.trials, study.objective, request.node, reason)
        outputs.write_report(home.folder, page)
        best = results.require_winner(study, reason, home.folder)
        summary = {
            "identity": identity,
            "search": search.to_json(),
            "best_trial": best.trial_id,
            "reason": reason,
        }
        written = results.write(request.outputs, study, best, engine, summary, page)
        _say(results.summary_text(study, reason, home.folder, written))


def _limits(search: Search, plan: SearchPlan) -> Limits:
    return Limits(
        max_trials=plan.max_trials,
        max_retries=search.max_retries,
        max_consecutive_failures=plan.max_consecutive_failures,
        seed=search.seed,
        keep_checkpoints=search.keep_checkpoints,
    )


class _Watch:
    """Shows the study's progress."""

    def __init__(self, node: str, plan: SearchPlan) -> None:
        self._progress = Progress(node, plan.objective, plan.num_expected)

    def on_event(self, study: Study, event: Event) -> None:
        self._progress.on_event(study.trials, event)

    def on_tick(self, study: Study) -> None:
        self._progress.on_tick(study.trials)


def _splits(properties: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    from tfx.proto import trainer_pb2
    from tfx.utils import proto_utils

    train, evaluation = trainer_pb2.TrainArgs(), trainer_pb2.EvalArgs()
    proto_utils.json_to_proto(properties["train_args"], train)
    proto_utils.json_to_proto(properties["eval_args"], evaluation)
    return list(train.splits), list(evaluation.splits)


def _studies_root(request: Request) -> str:
    """Returns where the node's studies are: the same in every execution."""
    if request.search.study_dir:
        return os.path.join(request.search.study_dir, request.node)  # noqa: PTH118
    uri = request.outputs["best_hyperparameters"][0].uri.rstrip("/")
    folder, name = os.path.split(uri)
    if name.isdigit():  # .../<node>/best_hyperparameters/<execution>
        folder = os.path.dirname(folder)  # noqa: PTH120 - may be a URI
    return os.path.join(folder, "studies")  # noqa: PTH118 - may be a URI


def _log_folder(root: str) -> str:
    name = time.strftime("%Y%m%d-%H%M%S") + f"-{os.getpid()}"
    if is_remote(root):
        return tempfile.mkdtemp(prefix=f"tuner_logs_{name}_")
    return os.path.join(root, "logs", name)  # noqa: PTH118


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
