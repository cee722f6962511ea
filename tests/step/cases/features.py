"""Features and labels that do not fit schema, transform graph or model."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.step.cases.step import changed_module, own, rewritten, run
from tuner_component import Search

TAXI = Path(__file__).parents[4] / "shared/data/tfx/components/testdata"


def label_not_in_the_schema(inputs, root):
    run(inputs, own(label_key="specie"), root)


def schema_and_transform_graph_disagree(inputs, root):
    from tfx.types import standard_artifacts

    graph = standard_artifacts.TransformGraph()
    graph.uri = str(TAXI / "transform" / "transform_graph")
    run({**inputs, "transform_graph": [graph]}, own(), root)


def _with_feature(inputs, root, name, kind, values):
    """Returns inputs whose training examples have another feature, of floats."""
    import tensorflow as tf
    from tfx.types import standard_artifacts

    def extended(number, record):
        example = tf.train.Example.FromString(record)
        example.features.feature[name].float_list.value.extend(values(number))
        return example.SerializeToString()

    schema = standard_artifacts.Schema()
    schema.uri = str(shutil.copytree(inputs["schema"][0].uri, root / "schema"))
    with (Path(schema.uri) / "schema.pbtxt").open("a") as file:
        file.write(f'feature {{ name: "{name}" type: {kind} }}')
    return {**rewritten(inputs, root, extended), "schema": [schema]}


def nan_label(inputs, root):
    changed = _with_feature(
        inputs, root, "target", "FLOAT", lambda n: [float("nan") if n < 3 else 1.0]
    )
    run(changed, own(label_key="target"), root)


def schema_of_another_type(inputs, root):
    run(_with_feature(inputs, root, "clicks", "INT", lambda _: [1.0]), own(), root)


def lists_for_an_input_of_one_size(inputs, root):
    clicks = '    inputs["clicks"] = keras.Input((5,), name="clicks")\n'
    before = "    hidden = keras.layers.Concatenate"
    module = changed_module(root, {before: clicks + before})
    lists = _with_feature(inputs, root, "clicks", "FLOAT", lambda n: [1.0] * (n % 4))
    run(lists, own(module=module), root)


def batch_larger_than_the_data(inputs, root):
    run(inputs, own(Search(max_trials=2, batch_size=64)), root)


def input_that_the_data_lack(inputs, root):
    module = changed_module(root, {'"body_mass_g"': '"body_mass_kg"'})
    run(inputs, own(module=module), root)


CASES = {
    label_not_in_the_schema: r"'specie' is not in the schema.*Did you mean 'species'",
    schema_and_transform_graph_disagree: r"schema and the transform graph disagree",
    nan_label: r"'target' is NaN or infinite in 3 of 60 examples of the train split",
    schema_of_another_type: r"do not fit their schema: .*int64_list.*clicks",
    lists_for_an_input_of_one_size: r"'clicks' has lists .* \(3,\) in.* takes \(5,\)",
    batch_larger_than_the_data: r"batch_size=64\) is larger than .* 60 examples",
    input_that_the_data_lack: r"input 'body_mass_kg'.*Did you mean 'body_mass_g'",
}
OF_TAXI = (schema_and_transform_graph_disagree,)
