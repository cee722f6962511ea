"""A step, with its module or its data as they are or changed."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.step.fixtures import MODULES, outputs, properties
from tuner_component.executor import Executor


def own(search=None, module="own_model.py", **more):
    return properties(module, search, **{"label_key": "species", **more})


def stock(search=None, **more):
    custom = {"algorithm": "RandomSearch", "max_trials": 2}
    return properties("stock_tuners.py", search, custom=custom, **more)


def run(inputs, given, root, made=None):
    Executor().Do(inputs, made or outputs(root), given)


def changed_module(root, changes, more=""):
    """Returns a module like `own_model.py`: other text in place of some, and more."""
    text = (MODULES / "own_model.py").read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    module = root / "changed_module.py"
    module.write_text(text + more)
    return module


def copied(inputs, root):
    """Returns the inputs with a copy of the examples, which may be changed."""
    from tfx.types import standard_artifacts

    examples = standard_artifacts.Examples()
    examples.uri = str(shutil.copytree(inputs["examples"][0].uri, root / "examples"))
    examples.split_names = inputs["examples"][0].split_names
    return {**inputs, "examples": [examples]}


def rewritten(inputs, root, change):
    """Returns the inputs with the training examples changed, record by record."""
    import tensorflow as tf

    copy = copied(inputs, root)
    file = str(Path(copy["examples"][0].uri) / "Split-train" / "data-0.gz")
    records = list(tf.data.TFRecordDataset(file, "GZIP").as_numpy_iterator())
    with tf.io.TFRecordWriter(file, "GZIP") as writer:
        for number, record in enumerate(records):
            writer.write(change(number, record))
    return copy
