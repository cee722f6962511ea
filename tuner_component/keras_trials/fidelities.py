"""Keras trainings at less than the full fidelity: of the data, or of the model."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from tuner_component.data import Split
from tuner_component.errors import PreflightError, TrialFailedError
from tuner_component.estimators import subset
from tuner_component.evaluation import Job
from tuner_component.keras_trials.training_state import EPOCHS

_EXAMPLES = "examples_fraction"
_RESOLUTION = "resolution"
_IMAGE_RANK = 4


def kinds(
    train: Split, model: Any, asked: Mapping[str, float]
) -> dict[str, float | None]:
    """Returns the kinds of fidelity with the full amounts; None: whatever is trained.

    Args:
        train: The training split.
        model: The default model.
        asked: What `build_model` asked of `fidelity`.

    Raises:
        PreflightError: If it asked for a resolution, and there is no image.
    """
    if _RESOLUTION in asked and not any(map(_is_image, model.layers)):
        shapes = sorted({_shape(layer) for layer in model.layers})
        raise PreflightError(
            f"build_model asks for fidelity({_RESOLUTION!r}, ...), but its model has "
            "no layer with images, (examples, height, width, channels); it has outputs "
            f"of the shapes {shapes}. Leave the resolution out, or reshape the "
            "features to images."
        )
    examples = {_EXAMPLES: 1.0} if train.arrays is not None else {}
    return {EPOCHS: None, **examples, **asked}


def is_reduced(job: Job) -> bool:
    """Returns whether the job's fidelity is no number of epochs.

    Each of its trainings begins anew: another size of model cannot go on with the
    weights of this one.
    """
    return job.fidelity is not None and job.fidelity.kind != EPOCHS


def is_full(job: Job) -> bool:
    """Returns whether a job gets all the training there is."""
    return job.fidelity is None or job.fidelity.is_full


def plain(job: Job) -> Job:
    """Returns the job as one training from the beginning to the end.

    The stopping rule compares with full trainings, so that it holds for these only.
    """
    rule = job.stopping if is_full(job) else None
    return dataclasses.replace(job, fidelity=None, stopping=rule)


class Parts:
    """Nested parts of a split, the same for all trials of a study.

    Args:
        split: The whole; its arrays are in memory.
        seed: The study's.
    """

    def __init__(self, split: Split, seed: int) -> None:
        self._split, self._seed = split, seed
        self._parts: dict[float, Split] = {}

    def of(self, job: Job) -> Split:
        """Returns what a job trains on.

        Raises:
            TrialFailedError: If the examples are streamed.
        """
        if job.fidelity is None or job.fidelity.kind != _EXAMPLES:
            return self._split
        if job.fidelity.is_full:
            return self._split
        if self._split.arrays is None:
            raise TrialFailedError(
                f"The trial is to get {job.fidelity.value:g} of the examples, but they "
                "are read as a stream. Expected examples that fit into memory, dense "
                'and numeric; or use strategy_options={"resource": "epochs"}.'
            )
        fraction = job.fidelity.value
        if fraction not in self._parts:
            self._parts[fraction] = self._part(fraction)
        return self._parts[fraction]

    def _part(self, fraction: float) -> Split:
        label = np.asarray(self._split.label)
        classes = classes_of(label)
        generator = np.random.default_rng(self._seed)
        order = subset.nested_order(np.arange(len(label)), classes, generator)
        least = 1 if classes is None else len(np.unique(classes))
        size = subset.size(fraction, len(label), least)
        return self._split.part(np.sort(order[:size]))


def classes_of(label: Any) -> Any:
    """Returns the labels if they are classes: whole numbers, one an example."""
    is_whole = label.dtype.kind in "iub" and label.size == len(label)
    return label.reshape(-1) if is_whole else None


def _shape(layer: Any) -> str:
    return str(getattr(getattr(layer, "output", None), "shape", "unknown"))


def _is_image(layer: Any) -> bool:
    shape = getattr(getattr(layer, "output", None), "shape", ())
    return len(shape) == _IMAGE_RANK
