"""The local engine of a step: which code, how many workers, what is imported once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tuner_component.engines.devices import default_parallelism
from tuner_component.engines.limits import Limits
from tuner_component.engines.local_pool import LocalPool, Preload
from tuner_component.errors import PreflightError
from tuner_component.keras_tuner_adapter.legacy_keras import uses_legacy_keras
from tuner_component.search import Search
from tuner_component.step.user_module import UserModule

_LIBRARIES = (
    "tensorflow",
    "keras",
    "keras_tuner",
    "tfx.components.trainer.fn_args_utils",
    "tfx.components.tuner.component",
    "tensorflow_transform.output_wrapper",
    "tfx_bsl.public.tfxio",
    "tuner_component.step.tfx_inputs",
    "tuner_component.keras_tuner_adapter.stock_evaluation",
)
_STOCK = "tuner_component.keras_tuner_adapter.stock_evaluation:make_evaluator"
_BUILD_MODEL = "tuner_component.model_evaluation:make_evaluator"


def num_parallel_trials(search: Search, tune_args: str | None) -> int:
    """Returns how many trials run at once.

    Args:
        search: The user's options.
        tune_args: `TuneArgs` as JSON, as TFX hands it on.

    Raises:
        PreflightError: If both say a number, and not the same.
    """
    given = _from_tune_args(tune_args)
    if given and search.parallelism and given != search.parallelism:
        raise PreflightError(
            f"tune_args says num_parallel_trials={given}, Search(...) says "
            f"parallelism={search.parallelism}. Leave one of them out."
        )
    number = given or search.parallelism or default_parallelism()
    return min(number, search.max_trials) if search.max_trials else number


def open_engine(
    search: Search,
    num_workers: int,
    module: UserModule,
    load_settings: Mapping[str, Any],
    log_folder: str,
) -> LocalPool:
    """Starts the pool; its libraries are imported in the background.

    Args:
        search: The user's options.
        num_workers: Trials at once.
        module: The user's code.
        load_settings: Arguments of the loader in `tfx_inputs`; JSON.
        log_folder: Local folder for the workers' logs.
    """
    loader = "load_tuner_fn" if module.function else "load_model_code"
    paths = [path for path in (os.environ.get("PYTHONPATH"), module.folder) if path]
    return LocalPool(
        num_workers,
        _STOCK if module.function else _BUILD_MODEL,
        {
            "load": f"tuner_component.step.tfx_inputs:{loader}",
            "load_settings": load_settings,
        },
        log_folder=log_folder,
        preload=Preload(_libraries(module), (module.name,)),
        limits=Limits(
            max_trial_seconds=search.max_trial_seconds,
            max_trial_bytes=search.max_trial_bytes,
        ),
        environment={"PYTHONPATH": os.pathsep.join(paths)},
    )


def _libraries(module: UserModule) -> tuple[str, ...]:
    """Returns what to import once; `tf.keras` imports tf_keras only when it is used."""
    file = getattr(module.load(), "__file__", None)
    source = Path(file).read_text(encoding="utf-8") if file else ""
    return (*_LIBRARIES, "tf_keras") if uses_legacy_keras(source) else _LIBRARIES


def _from_tune_args(text: str | None) -> int:
    from tfx.proto import tuner_pb2
    from tfx.utils import proto_utils

    if not text:
        return 0
    number = proto_utils.json_to_proto(text, tuner_pb2.TuneArgs()).num_parallel_trials
    if number < 0:
        raise PreflightError(
            f"tune_args says num_parallel_trials={number}; expected at least 1, or 0 "
            "for as many as the machine has room for."
        )
    return int(number)
