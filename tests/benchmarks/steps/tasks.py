"""The steps that are timed: their data as artifacts, their user code, their size."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

_MODULES = Path(__file__).parent / "modules"
_DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "tfx"
_TESTDATA = _DATA / "components" / "testdata"
_NUM_MADE_ROWS = 100_000
_NUM_EMBEDDINGS = 10
_NUM_CODES = 50


@dataclasses.dataclass(frozen=True)
class StepTask:
    """One step.

    Attributes:
        name: Unique.
        module: The user's module, in `modules`.
        label: The label's feature.
        inputs: Folder for what must be made -> input artifacts.
        num_trials: Trials of the search.
        epochs: Epochs of a trial.
        train_steps: Steps of an epoch.
        eval_steps: Steps of a validation.
        batch_size: Examples in a batch.
    """

    name: str
    module: str
    label: str
    inputs: Callable[[Path], dict[str, list[Any]]]
    num_trials: int
    epochs: int
    train_steps: int
    eval_steps: int
    batch_size: int

    def write_module(self, folder: Path, *, stock: bool) -> Path:
        """Writes the user's module; without its `tuner_fn` unless `stock`."""
        text = (_MODULES / self.module).read_text()
        if self.inputs is _synthetic:
            text = _for_made_rows(text)
        if not stock:
            text = text[: text.index("def tuner_fn")]
        path = folder / self.module
        path.write_text(text)
        return path

    def properties(self, module: Path, *, stock: bool) -> dict[str, Any]:
        """Returns the execution properties of either component."""
        from tfx.proto import trainer_pb2
        from tfx.utils import proto_utils

        settings = {"max_trials": self.num_trials, "epochs": self.epochs}
        given = {
            "train_args": proto_utils.proto_to_json(
                trainer_pb2.TrainArgs(num_steps=self.train_steps)
            ),
            "eval_args": proto_utils.proto_to_json(
                trainer_pb2.EvalArgs(num_steps=self.eval_steps)
            ),
            "module_file": str(module),
            "custom_config": json.dumps(settings),
        }
        return given if stock else {**given, "label_key": self.label}


def is_there() -> bool:
    return _TESTDATA.is_dir()


def _examples(uri: Path, splits: list[str]) -> Any:
    from tfx.types import artifact_utils, standard_artifacts

    examples = standard_artifacts.Examples()
    examples.uri = str(uri)
    examples.split_names = artifact_utils.encode_split_names(splits)
    return examples


def _schema(uri: Path) -> Any:
    from tfx.types import standard_artifacts

    schema = standard_artifacts.Schema()
    schema.uri = str(uri)
    return schema


def _penguin(_: Path) -> dict[str, list[Any]]:
    folder = _TESTDATA / "penguin"
    examples = _examples(folder / "data", ["train", "eval"])
    return {"examples": [examples], "schema": [_schema(folder / "schema")]}


def _taxi(_: Path) -> dict[str, list[Any]]:
    from tfx.types import standard_artifacts

    folder = _TESTDATA / "transform"
    graph = standard_artifacts.TransformGraph()
    graph.uri = str(folder / "transform_graph")
    examples = _examples(folder / "transformed_examples", ["train", "eval"])
    return {"examples": [examples], "transform_graph": [graph]}


def _mnist(folder: Path) -> dict[str, list[Any]]:
    """Writes the 1,000 images as two splits."""
    import tensorflow as tf

    source = _DATA / "examples" / "mnist" / "data" / "mnist.tfrecord"
    records = list(tf.data.TFRecordDataset(str(source)).as_numpy_iterator())
    parts = {"train": records[:800], "eval": records[800:]}
    entries = [_entry("image_floats", "FLOAT", 784), _entry("image_class", "INT", 1)]
    return _written(folder, parts, entries)


def _synthetic(folder: Path) -> dict[str, list[Any]]:
    """Writes 100,000 rows of ten codes and four numbers; a rule with noise decides."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, _NUM_CODES, (_NUM_MADE_ROWS, _NUM_EMBEDDINGS))
    numbers = rng.normal(size=(_NUM_MADE_ROWS, 4)).astype(np.float32)
    effects = rng.normal(size=(_NUM_EMBEDDINGS, _NUM_CODES))
    score = effects[np.arange(_NUM_EMBEDDINGS), codes].sum(axis=1) + numbers.sum(axis=1)
    labels = (score + rng.normal(size=_NUM_MADE_ROWS) > 0).astype(int)
    rows = zip(codes.tolist(), numbers.tolist(), labels.tolist(), strict=True)
    records = [_record(*row) for row in rows]
    cut = _NUM_MADE_ROWS * 9 // 10
    names = [_entry(f"c{k}", "INT", 1) for k in range(_NUM_EMBEDDINGS)]
    names += [_entry(f"x{k}", "FLOAT", 1) for k in range(4)] + [_entry("y", "INT", 1)]
    return _written(folder, {"train": records[:cut], "eval": records[cut:]}, names)


def _record(codes: list[int], numbers: list[float], label: int) -> bytes:
    import tensorflow as tf

    example = tf.train.Example()
    features = example.features.feature
    for place, code in enumerate(codes):
        features[f"c{place}"].int64_list.value.append(code)
    for place, number in enumerate(numbers):
        features[f"x{place}"].float_list.value.append(number)
    features["y"].int64_list.value.append(label)
    return example.SerializeToString()


def _entry(name: str, kind: str, size: int) -> str:
    return (
        f'feature {{ name: "{name}" type: {kind} shape {{ dim {{ size: {size} }} }} '
        "presence { min_fraction: 1 } }\n"
    )


def _written(
    folder: Path, parts: dict[str, list[bytes]], entries: list[str]
) -> dict[str, list[Any]]:
    import tensorflow as tf

    for split, records in parts.items():
        path = folder / "examples" / f"Split-{split}"
        if not path.exists():
            path.mkdir(parents=True)
            with tf.io.TFRecordWriter(str(path / "data-0.gz"), "GZIP") as writer:
                for record in records:
                    writer.write(record)
    (folder / "schema").mkdir(exist_ok=True)
    (folder / "schema" / "schema.pbtxt").write_text("".join(entries))
    examples = _examples(folder / "examples", list(parts))
    return {"examples": [examples], "schema": [_schema(folder / "schema")]}


def _for_made_rows(text: str) -> str:
    codes = {f"c{k}": _NUM_CODES for k in range(_NUM_EMBEDDINGS)}
    numbers = tuple(f"x{k}" for k in range(4))
    text = text.replace('"tips_xf"', '"y"')
    text = re.sub(r"_NUMBERS = \(.*?\)", f"_NUMBERS = {numbers}", text)
    return re.sub(r"_CODES = \{.*?\}", f"_CODES = {codes}", text, flags=re.DOTALL)


TASKS = {
    task.name: task
    for task in (
        StepTask("penguin", "penguin.py", "species", _penguin, 20, 5, 20, 5, 20),
        StepTask("taxi", "tabular.py", "tips_xf", _taxi, 20, 4, 77, 39, 128),
        StepTask("mnist", "mnist.py", "image_class", _mnist, 6, 4, 12, 3, 64),
        StepTask("synthetic", "tabular.py", "y", _synthetic, 6, 2, 703, 78, 128),
        StepTask("long", "tabular.py", "y", _synthetic, 20, 5, 703, 78, 128),
    )
}
