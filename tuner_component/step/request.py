"""What TFX asks of a step, and where the step keeps things."""

from __future__ import annotations

import dataclasses
import functools
import os
import secrets
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component.gfile_store import is_remote
from tuner_component.search import Search


@dataclasses.dataclass(frozen=True)
class Request:
    """What TFX asks of a step.

    Attributes:
        inputs: Input key to artifacts.
        outputs: Output key to artifacts; those that are missing are not written.
        properties: Execution properties.
        node: The pipeline node's name.
        flock_name: Folder below the studies where a flock meets.
        beam_arguments: Options of a Beam pipeline.
    """

    inputs: Mapping[str, Sequence[Any]]
    outputs: Mapping[str, Sequence[Any]]
    properties: Mapping[str, Any]
    node: str
    flock_name: str = "flock"
    beam_arguments: tuple[Any, ...] = ()

    @functools.cached_property
    def search(self) -> Search:
        """The user's options."""
        text = self.properties.get("search")
        return Search.from_json(text) if text else Search()

    @property
    def splits(self) -> tuple[list[str], list[str]]:
        """The splits to train and to evaluate on; empty means the default one."""
        from tfx.proto import trainer_pb2
        from tfx.utils import proto_utils

        train, evaluation = trainer_pb2.TrainArgs(), trainer_pb2.EvalArgs()
        proto_utils.json_to_proto(self.properties["train_args"], train)
        proto_utils.json_to_proto(self.properties["eval_args"], evaluation)
        return list(train.splits), list(evaluation.splits)

    @property
    def used_splits(self) -> list[str]:
        """The splits to train and to evaluate on, by name."""
        train, evaluation = self.splits
        return [*(train or ["train"]), *(evaluation or ["eval"])]

    @functools.cached_property
    def studies_root(self) -> str:
        """Where the node's studies are: the same in every execution."""
        return absolute(self._studies_root())

    def _studies_root(self) -> str:
        if self.search.study_dir:
            return os.path.join(self.search.study_dir, self.node)  # noqa: PTH118
        uri = self.outputs["best_hyperparameters"][0].uri.rstrip("/")
        folder, name = os.path.split(uri)
        if name.isdigit():  # .../<node>/best_hyperparameters/<execution>
            folder = os.path.dirname(folder)  # noqa: PTH120 - may be a URI
        return os.path.join(folder, "studies")  # noqa: PTH118 - may be a URI

    @property
    def flock_root(self) -> str:
        """Where a flock's coordinator and workers meet."""
        return f"{self.studies_root}/{self.flock_name}"


def absolute(path: str) -> str:
    """Returns a path that stays the same when the user's code changes folders."""
    return path if is_remote(path) else os.path.abspath(path)  # noqa: PTH100 - a str


def log_folder(studies_root: str) -> str:
    """Returns a local folder for the logs of this execution's workers."""
    name = time.strftime("%Y%m%d-%H%M%S") + f"-{os.getpid()}"
    if is_remote(studies_root):
        return tempfile.mkdtemp(prefix=f"tuner_logs_{name}_")
    return os.path.join(studies_root, "logs", name)  # noqa: PTH118 - a str again


def new_folder(parent: str) -> str:
    """Makes a folder below one that may have a scheme; returns its name.

    Raises:
        OSError: If it cannot be made.
    """
    from tfx.dsl.io import fileio

    folder = f"{parent}/explored-{secrets.token_hex(4)}"
    fileio.makedirs(folder)
    return folder
