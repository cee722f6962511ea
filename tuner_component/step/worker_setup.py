"""What the workers of a step do, whatever engine they belong to."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tuner_component.engines.limits import TrialLimits
from tuner_component.keras_tuner_adapter import legacy_keras
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


@dataclasses.dataclass(frozen=True)
class WorkerSetup:
    """What every worker must know.

    Attributes:
        evaluator: Import path of what makes the evaluator.
        settings: Its arguments; JSON.
        libraries: Modules to import once on each host.
        user_modules: The same for the user's.
        limits: What a trial may use.
        environment: Variables to have in addition.
    """

    evaluator: str
    settings: Mapping[str, Any]
    libraries: tuple[str, ...]
    user_modules: tuple[str, ...]
    limits: TrialLimits
    environment: Mapping[str, str]


def worker_setup(
    search: Search, module: UserModule, load_settings: Mapping[str, Any]
) -> WorkerSetup:
    """Returns what workers need for the user's code.

    Args:
        search: The user's options.
        module: The user's code.
        load_settings: Arguments of the loader in `tfx_inputs`; JSON.
    """
    loader = "load_tuner_fn" if module.function else "load_model_code"
    return WorkerSetup(
        evaluator=_STOCK if module.function else _BUILD_MODEL,
        settings={
            "load": f"tuner_component.step.tfx_inputs:{loader}",
            "load_settings": load_settings,
        },
        libraries=_libraries(module),
        user_modules=(module.name,),
        limits=TrialLimits(
            max_trial_seconds=search.max_trial_seconds,
            max_trial_bytes=search.max_trial_bytes,
        ),
        environment=legacy_keras.for_workers(),
    )


def _libraries(module: UserModule) -> tuple[str, ...]:
    """Returns what to import once; `tf.keras` imports tf_keras only when it is used."""
    file = getattr(module.load(), "__file__", None)
    source = Path(file).read_text(encoding="utf-8") if file else ""
    is_legacy = legacy_keras.uses_legacy_keras(source)
    return (*_LIBRARIES, "tf_keras") if is_legacy else _LIBRARIES
