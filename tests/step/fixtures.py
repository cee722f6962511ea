"""A small data set as TFX artifacts, and a step run on it without a pipeline."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np

from tests.step import apart

MODULES = Path(__file__).parent / "modules"
LABEL = "species"
FEATURES = (
    "culmen_length_mm",
    "culmen_depth_mm",
    "flipper_length_mm",
    "body_mass_g",
)

_SCHEMA = "".join(
    f'feature {{ name: "{name}" type: {kind} shape {{ dim {{ size: 1 }} }} '
    "presence { min_fraction: 1 } }\n"
    for name, kind in [*((f, "FLOAT") for f in FEATURES), (LABEL, "INT")]
)
_serial = itertools.count(1)


def write_examples(folder, num_examples=60, splits=("train", "eval")):
    """Writes three separable classes as gzipped tf.Examples in two splits."""
    import tensorflow as tf
    from tfx.types import artifact_utils, standard_artifacts

    rng = np.random.default_rng(0)
    for split in splits:
        path = folder / "examples" / f"Split-{split}"
        path.mkdir(parents=True)
        with tf.io.TFRecordWriter(str(path / "data-0.gz"), "GZIP") as writer:
            for number in range(num_examples):
                label = number % 3
                values = rng.normal(size=4) * 0.3 + np.eye(4)[label]
                features = {
                    name: tf.train.Feature(float_list=tf.train.FloatList(value=[value]))
                    for name, value in zip(FEATURES, values, strict=True)
                }
                features[LABEL] = tf.train.Feature(
                    int64_list=tf.train.Int64List(value=[label])
                )
                example = tf.train.Example(features=tf.train.Features(feature=features))
                writer.write(example.SerializeToString())
    examples = standard_artifacts.Examples()
    examples.uri = str(folder / "examples")
    examples.split_names = artifact_utils.encode_split_names(list(splits))
    return examples


def write_schema(folder):
    from tfx.types import standard_artifacts

    (folder / "schema").mkdir()
    (folder / "schema" / "schema.pbtxt").write_text(_SCHEMA)
    schema = standard_artifacts.Schema()
    schema.uri = str(folder / "schema")
    return schema


def write_inputs(folder):
    return {"examples": [write_examples(folder)], "schema": [write_schema(folder)]}


def properties(module, search=None, *, parallel=None, custom=None, **more):
    from tfx.proto import trainer_pb2, tuner_pb2
    from tfx.utils import proto_utils

    given = {
        "train_args": proto_utils.proto_to_json(trainer_pb2.TrainArgs()),
        "eval_args": proto_utils.proto_to_json(trainer_pb2.EvalArgs()),
        "module_file": str(module if "/" in str(module) else MODULES / module),
        "custom_config": json.dumps(custom),
        **more,
    }
    if search is not None:
        given["search"] = search.to_json()
    if parallel is not None:
        given["tune_args"] = proto_utils.proto_to_json(
            tuner_pb2.TuneArgs(num_parallel_trials=parallel)
        )
    return given


def outputs(root, execution=None):
    """Returns output artifacts as LocalDagRunner places them: new in every run."""
    from tfx.types import standard_artifacts

    from tuner_component.artifacts import SearchMetrics, SearchReport, TrialRecord

    execution = next(_serial) if execution is None else execution
    types = {
        "best_hyperparameters": standard_artifacts.HyperParameters,
        "tuner_results": standard_artifacts.TunerResults,
        "trial_record": TrialRecord,
        "best_model": standard_artifacts.Model,
        "report": SearchReport,
        "metrics": SearchMetrics,
    }
    made = {}
    for key, cls in types.items():
        made[key] = [cls()]
        made[key][0].uri = str(Path(root) / "Tuner" / key / str(execution))
    return made


def run_step(inputs, given, root):
    """Runs it in a process of its own; returns the artifacts."""
    return apart.call(_run, inputs, outputs(root), given)


def _run(inputs, made, given):
    from tuner_component.executor import Executor

    Executor().Do(inputs, made, given)
    return made


def strict(path):
    def refuse(constant):
        raise AssertionError(f"{path} holds {constant}")

    return json.loads(Path(path).read_text(), parse_constant=refuse)


def trials_of(made):
    path = Path(made["trial_record"][0].uri) / "trials.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]
