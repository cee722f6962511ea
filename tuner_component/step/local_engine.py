"""The local engine of a step: processes of its machine, and how many."""

from __future__ import annotations

import os

from tuner_component.engines.devices import default_parallelism
from tuner_component.engines.local_pool import LocalPool
from tuner_component.engines.pool_server import Preload
from tuner_component.errors import PreflightError
from tuner_component.search import Search
from tuner_component.step.user_module import UserModule
from tuner_component.step.worker_setup import WorkerSetup
from tuner_component.training import GRAPH_FOLDER


def num_parallel_trials(search: Search, tune_args: str | None) -> int:
    """Returns how many trials run at once.

    Args:
        search: The user's options.
        tune_args: `TuneArgs` as JSON, as TFX hands it on.

    Raises:
        PreflightError: If both say a number, and not the same.
    """
    given = from_tune_args(tune_args)
    if given and search.parallelism and given != search.parallelism:
        raise PreflightError(
            f"tune_args says num_parallel_trials={given}, Search(...) says "
            f"parallelism={search.parallelism}. Leave one of them out."
        )
    number = given or search.parallelism
    if not number and search.engine == "flock":
        raise PreflightError(
            'Search(engine="flock") does not say how many trials run at once; '
            "expected parallelism=..., or num_parallel_trials in tune_args: the number "
            "of workers times the --slots of each."
        )
    number = number or default_parallelism()
    return min(number, search.max_trials) if search.max_trials else number


def is_number_said(search: Search, tune_args: str | None) -> bool:
    """Returns whether the user says how many trials run at once."""
    return bool(search.parallelism or from_tune_args(tune_args))


def num_together(search: Search, *, stock: bool) -> int:
    """Returns how many trials a worker may train at once.

    Args:
        search: The user's options.
        stock: Whether the user's module has a `tuner_fn`, which trains alone.
    """
    return 1 if search.engine == "beam" or stock else search.trials_together


def open_engine(
    setup: WorkerSetup,
    num_workers: int,
    module: UserModule,
    log_folder: str,
    graph_folder: str,
) -> LocalPool:
    """Starts the pool; its libraries are imported in the background.

    Args:
        setup: What the workers do.
        num_workers: Trials at once.
        module: The user's code.
        log_folder: Local folder for the workers' logs.
        graph_folder: Local folder for the graphs that one of them makes for all.
    """
    paths = [path for path in (os.environ.get("PYTHONPATH"), module.folder) if path]
    return LocalPool(
        num_workers,
        setup.evaluator,
        setup.settings,
        log_folder=log_folder,
        preload=Preload(setup.libraries, setup.user_modules),
        limits=setup.limits,
        environment={
            **setup.environment,
            "PYTHONPATH": os.pathsep.join(paths),
            **({GRAPH_FOLDER: graph_folder} if num_workers > 1 else {}),
        },
    )


def from_tune_args(text: str | None) -> int:
    """Returns `num_parallel_trials` of `TuneArgs` as JSON; 0 without any.

    Raises:
        PreflightError: If it is negative.
    """
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
