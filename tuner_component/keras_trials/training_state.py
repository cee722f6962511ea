"""What a trial leaves at the end of a rung, so that it can go on from there."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tuner_component.evaluation import Evaluation, Job
from tuner_component.gfile_store import files, is_remote
from tuner_component.records import decode, encode
from tuner_component.trial import Measurement

NAME = "training_state.npz"
"""The file's name in a trial's folder."""

EPOCHS = "epochs"
"""The kind of fidelity that a training of epochs understands."""

_RECORD = "record"
_logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class TrainingState:
    """A training at the end of an epoch.

    Attributes:
        values: The trial's hyperparameters.
        seed: The trial's seed.
        epoch: Epochs trained, >= 1.
        metrics: Metrics at the best epoch so far.
        stopped: Whether it has ended, however many epochs it may still get.
        measurements: The learning curve, oldest first.
        report: The evaluation's report.
        callbacks: What `model_state.of_callbacks` returned.
        hopeless: Why the stopping rule ended it, or "".
        arrays: Names to arrays: what the training goes on with. Empty when nothing
            is left to train.
    """

    values: Mapping[str, Any]
    seed: int
    epoch: int
    metrics: Mapping[str, float]
    stopped: bool = False
    measurements: tuple[Measurement, ...] = ()
    report: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    callbacks: tuple[Mapping[str, Any], ...] = ()
    hopeless: str = ""
    arrays: Mapping[str, Sequence[Any]] = dataclasses.field(default_factory=dict)

    @property
    def evaluation(self) -> Evaluation:
        """What the training had to say when it was here."""
        return Evaluation(self.metrics, self.measurements, self.report, self.hopeless)

    @property
    def seconds(self) -> float:
        """How long it has been training."""
        return self.measurements[-1].seconds if self.measurements else 0.0

    def is_enough_for(self, epochs: int) -> bool:
        """Returns whether nothing is left to train up to this epoch."""
        return self.stopped or self.epoch == epochs


def epochs_of(job: Job) -> int | None:
    """Returns the epochs that a job trains in all; None: the model code decides.

    Raises:
        ValueError: If the fidelity is of another kind.
    """
    if job.fidelity is None:
        return None
    if job.fidelity.kind != EPOCHS:
        raise ValueError(
            f"Received a fidelity in {job.fidelity.kind!r}; expected {EPOCHS!r}, the "
            "only one that a Keras training knows."
        )
    return max(1, int(job.fidelity.value))


def read(job: Job) -> TrainingState | None:
    """Returns the state from which a job can go on; None: from the beginning.

    A state of other hyperparameters, of another seed, or of later epochs than the job
    trains is none of its own, and one that is damaged is as good as lost.
    """
    epochs = epochs_of(job)
    if epochs is None:
        return None
    state = left_in(job.folder)
    if state is None or state.epoch > epochs:
        return None
    same = (state.values, state.seed) == (dict(job.values), job.seed)
    return state if same else None


def left_in(folder: str) -> TrainingState | None:
    """Returns the state in a trial's folder; None if there is none, or a damaged one.

    Args:
        folder: The trial's; may have a scheme.
    """
    try:
        return _read(folder)
    except _UNREADABLE as error:
        _logger.warning("The training in %s is as good as lost: %s", folder, error)
        return None


def write(job: Job, state: TrainingState) -> None:
    """Keeps a state in the trial's folder: whole or not at all.

    What cannot be written is logged: the trial would begin anew, to the same result.
    """
    try:
        with _draft(job.folder, job.attempt) as path, path.open("wb") as file:
            np.savez(file, **_entries(state))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        _logger.warning("The state of trial %s is not kept: %s", job.trial_id, error)


_UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    zipfile.BadZipFile,
    zlib.error,
)


def _entries(state: TrainingState) -> dict[str, Any]:
    record = json.dumps(encode(dataclasses.replace(state, arrays={})), allow_nan=False)
    return {
        _RECORD: np.frombuffer(record.encode(), np.uint8),
        **{
            f"{name}/{position}": array
            for name, arrays in state.arrays.items()
            for position, array in enumerate(arrays)
        },
    }


def _read(folder: str) -> TrainingState | None:
    with _local(f"{folder}/{NAME}") as path:
        if not path.exists():
            return None
        with np.load(path, allow_pickle=False) as entries:
            state = decode(TrainingState, json.loads(entries[_RECORD].tobytes()))
            arrays: dict[str, list[Any]] = {}
            for key in entries.files:
                if key != _RECORD:
                    arrays.setdefault(key.partition("/")[0], []).append(entries[key])
    return dataclasses.replace(state, arrays=arrays)


@contextlib.contextmanager
def _draft(folder: str, attempt: int) -> Iterator[Path]:
    """Yields a local path; what is there afterwards takes the state's place."""
    draft = f".{NAME}.{attempt}"
    if not is_remote(folder):
        Path(folder).mkdir(parents=True, exist_ok=True)
        path = Path(folder) / draft
        yield path
        path.replace(Path(folder) / NAME)
        return
    with tempfile.TemporaryDirectory() as local, files() as gfile:
        yield Path(local) / NAME
        gfile.makedirs(folder)
        gfile.copy(f"{local}/{NAME}", f"{folder}/{draft}", overwrite=True)
        gfile.rename(f"{folder}/{draft}", f"{folder}/{NAME}", overwrite=True)


@contextlib.contextmanager
def _local(path: str) -> Iterator[Path]:
    if not is_remote(path):
        yield Path(path)
        return
    with tempfile.TemporaryDirectory() as folder, files() as gfile:
        if gfile.exists(path):
            gfile.copy(path, f"{folder}/{NAME}")
        yield Path(folder) / NAME
