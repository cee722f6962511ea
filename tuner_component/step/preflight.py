"""Checks on the step's inputs and outputs, before anything is started."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component.artifacts import BEST_HYPERPARAMETERS_FILE
from tuner_component.errors import PreflightError
from tuner_component.spelling import suggestion


def check_inputs(
    inputs: Mapping[str, Sequence[Any]], train_splits: list[str], eval_splits: list[str]
) -> None:
    """Raises unless every split is there and holds files.

    Args:
        inputs: Input key to artifacts.
        train_splits: Splits to train on; empty means `train`.
        eval_splits: Splits to evaluate on; empty means `eval`.

    Raises:
        PreflightError: Names the split, the known ones and the folder.
    """
    if not inputs.get("examples"):
        raise PreflightError(
            "The input 'examples' holds no artifact; expected the output of an "
            "ExampleGen or of Transform."
        )
    for what, splits in (
        ("train", train_splits or ["train"]),
        ("eval", eval_splits or ["eval"]),
    ):
        for split in splits:
            for artifact in inputs["examples"]:
                _check_split(artifact, split, what, f"{what}_args.splits to splits")


def check_test_split(
    inputs: Mapping[str, Sequence[Any]], split: str | None, used: Sequence[str]
) -> None:
    """Raises unless the split is there, and nothing else uses it.

    Args:
        inputs: Input key to artifacts.
        split: The one that the search must not use; None: there is none.
        used: Splits to train and to evaluate on.

    Raises:
        PreflightError: Names the split and the known ones.
    """
    if split is None:
        return
    if split in used:
        raise PreflightError(
            f"Search(test_split={split!r}) names a split that trials are trained or "
            "evaluated on; expected examples that no trial has seen. Name another "
            "split, or leave test_split out."
        )
    for artifact in inputs["examples"]:
        _check_split(artifact, split, "test", "Search(test_split=...) to one of those")


def check_outputs(outputs: Mapping[str, Sequence[Any]]) -> None:
    """Raises if the artifact folder that the Trainer reads already holds a file.

    What an earlier attempt of this step has left there is written anew.

    Raises:
        PreflightError: Names the files.
    """
    from tfx.dsl.io import fileio

    folder = outputs["best_hyperparameters"][0].uri
    files = set(fileio.listdir(folder) if fileio.exists(folder) else [])
    if files - {BEST_HYPERPARAMETERS_FILE}:
        raise PreflightError(
            f"The output folder {folder} of best_hyperparameters already holds "
            f"{sorted(files)}; the Trainer reads it only if it has exactly one file. "
            "Empty the folder, or run the pipeline so that it makes a new one."
        )


def check_study_folder(root: str) -> None:
    """Raises unless studies can be kept in the folder.

    Raises:
        PreflightError: Names the folder and what is wrong with it.
    """
    from tfx.dsl.io import fileio

    probe = f"{root}/.writable-{os.getpid()}"
    try:
        fileio.makedirs(root)
        with fileio.open(probe, "w") as file:
            file.write("")
        fileio.remove(probe)
    except Exception as error:
        raise PreflightError(
            f"The study folder {root} cannot be written: {error}. Expected a folder "
            "that can be made and written to; choose one with Search(study_dir=...)."
        ) from error


def check_label(label_key: str | None, schema: Any) -> str:
    """Returns the label, if it is a feature of the schema.

    Raises:
        PreflightError: Names the features that there are, and the closest.
    """
    if not label_key:
        raise PreflightError(
            "A module with build_model needs the label: "
            "Tuner(..., label_key='name of the feature')."
        )
    if schema is None:
        raise PreflightError(
            f"label_key={label_key!r} was given without a schema; pass schema= or "
            "transform_graph= to the Tuner, so that the examples can be read."
        )
    known = [feature.name for feature in schema.feature]
    if label_key not in known:
        raise PreflightError(
            f"label_key={label_key!r} is not in the schema; it has {sorted(known)}."
            + suggestion(label_key, known)
            + " After Transform, a feature has the name that preprocessing_fn gives."
        )
    return label_key


def check_examples(sketch: Mapping[str, Any]) -> None:
    """Raises if a split's files hold no example.

    Args:
        sketch: What `data_sketch.sketch` returned.

    Raises:
        PreflightError: Names the split.
    """
    for split, content in sketch.items():
        if content.get("num_examples") == 0:
            raise PreflightError(
                f"The files of the {split} split hold no example. Check what the "
                "component that writes the examples read, and how it splits."
            )


def check_schemas_agree(schema: Any, raw_schema: Any) -> None:
    """Raises if the transform graph was made for other raw features.

    Args:
        schema: The step's `schema` input.
        raw_schema: The raw schema that is kept in the transform graph.

    Raises:
        PreflightError: Names the features that differ.
    """
    given = {feature.name: feature.type for feature in schema.feature}
    made_for = {feature.name: feature.type for feature in raw_schema.feature}
    missing = sorted(made_for.keys() - given.keys())
    changed = sorted(
        name for name in made_for.keys() & given.keys() if made_for[name] != given[name]
    )
    if missing or changed:
        raise PreflightError(
            "The schema and the transform graph disagree: the graph was made for "
            + (f"features that the schema lacks, {missing}" if missing else "")
            + ("; and for " if missing and changed else "")
            + (f"other types of {changed}" if changed else "")
            + ". Give both from the same run of SchemaGen and Transform, or the "
            "transform graph alone."
        )


def _check_split(artifact: Any, split: str, what: str, where: str) -> None:
    from tfx.dsl.io import fileio
    from tfx.types import artifact_utils

    known = artifact_utils.decode_split_names(artifact.split_names or "[]")
    if split not in known:
        raise PreflightError(
            f"The examples in {artifact.uri} have no split {split!r} to {what} on; "
            f"they have {known}.{suggestion(split, known)} "
            f"Set {where} that exist."
        )
    folder = artifact_utils.get_split_uri([artifact], split)
    files = fileio.listdir(folder) if fileio.exists(folder) else []
    if not files:
        raise PreflightError(
            f"The split {split!r} to {what} on has no file: {folder} is "
            f"{'empty' if fileio.exists(folder) else 'missing'}. Run the component "
            "that writes the examples again, or choose another split."
        )
