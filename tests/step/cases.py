"""Everything that a step must refuse before its first trial, and how it says so."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.step.fixtures import MODULES, outputs, properties
from tuner_component import Objective, Search, Tuner
from tuner_component.executor import Executor

_TAXI = Path(__file__).parents[3] / "shared/data/tfx/components/testdata"


def _own(search=None, module="own_model.py", **more):
    return properties(module, search, **{"label_key": "species", **more})


def _stock(search=None, **more):
    custom = {"algorithm": "RandomSearch", "max_trials": 2}
    return properties("stock_tuners.py", search, custom=custom, **more)


def _run(inputs, given, root, made=None):
    Executor().Do(inputs, made or outputs(root), given)


def misspelt_objective(inputs, root):
    _run(
        inputs,
        _own(Search(max_trials=2, objective=Objective("val_acuracy", "max"))),
        root,
    )


def misspelt_objective_of_a_tuner(inputs, root):
    custom = {"algorithm": "RandomSearch", "objective": "val_acuracy"}
    _run(inputs, properties("stock_tuners.py", custom=custom), root)


def module_without_the_function(inputs, root):
    module = root / "no_function.py"
    module.write_text("def build_modle(hp):\n    return None\n")
    _run(inputs, _own(module=module), root)


def missing_split(inputs, root):
    from tfx.proto import trainer_pb2
    from tfx.utils import proto_utils

    args = proto_utils.proto_to_json(trainer_pb2.EvalArgs(splits=["evl"]))
    _run(inputs, _own(eval_args=args), root)


def empty_split(inputs, root):
    from tfx.types import standard_artifacts

    uri = shutil.copytree(inputs["examples"][0].uri, root / "examples")
    for file in (Path(uri) / "Split-eval").iterdir():
        file.unlink()
    examples = standard_artifacts.Examples()
    examples.uri = str(uri)
    examples.split_names = inputs["examples"][0].split_names
    _run({**inputs, "examples": [examples]}, _own(), root)


def label_not_in_the_schema(inputs, root):
    _run(inputs, _own(label_key="specie"), root)


def schema_and_transform_graph_disagree(inputs, root):
    from tfx.types import standard_artifacts

    graph = standard_artifacts.TransformGraph()
    graph.uri = str(_TAXI / "transform" / "transform_graph")
    _run({**inputs, "transform_graph": [graph]}, _own(), root)


def unwritable_study_folder(inputs, root):
    _run(inputs, _own(Search(max_trials=2, study_dir="/proc/no_such_folder")), root)


def empty_space(inputs, root):
    module = root / "empty_space.py"
    text = (MODULES / "own_model.py").read_text().replace("hp.Choice(", "_first(")
    text = text.replace('hp.Int("num_layers", 1, 2)', "1")
    module.write_text(text + "\ndef _first(name, values):\n    return values[0]\n")
    _run(inputs, _own(Search(max_trials=2), module=module), root)


def contradictory_space(inputs, root):
    module = root / "contradictory_space.py"
    text = (MODULES / "own_model.py").read_text()
    scope = (
        '    with hp.conditional_scope("batch_size", [7]):\n        hp.Boolean("x")\n'
    )
    module.write_text(
        text.replace("    return model\n", f"{scope}    return model\n", 1)
    )
    _run(inputs, _own(Search(max_trials=2), module=module), root)


def wrong_direction(inputs, root):
    _run(
        inputs, _own(Search(max_trials=2, objective=Objective("val_loss", "max"))), root
    )


def direction_that_is_none(inputs, root):
    Objective("val_loss", "down")


def unknown_strategy(inputs, root):
    _run(inputs, _own(Search(strategy="grit")), root)


def unknown_option(inputs, root):
    search = Search(strategy="grid", strategy_options={"grid_point": 3})
    _run(inputs, _own(search), root)


def _with(strategy, inputs, root, **options):
    _run(inputs, _own(Search(strategy=strategy, strategy_options=options)), root)


def reduction_factor_below_two(inputs, root):
    _with("hyperband", inputs, root, reduction_factor=1)


def full_training_below_the_first_rung(inputs, root):
    _with("successive_halving", inputs, root, min_resource=9, max_resource=3)


def population_of_one(inputs, root):
    _with("evolution", inputs, root, population_size=1)


def contradictory_constraints(inputs, root):
    constraints = ["num_layers < 2", "num_layers > 1"]
    _run(inputs, _own(Search(max_trials=2, constraints=constraints)), root)


def custom_config_that_is_not_json(inputs, root):
    from tfx.types import channel_utils

    Tuner(
        examples=channel_utils.as_channel(inputs["examples"]),
        module_file="module.py",
        custom_config={"callback": print},
    )


def objectives_in_conflict(inputs, root):
    _run(inputs, _stock(Search(objective="val_loss")), root)


def no_trials(inputs, root):
    Search(max_trials=0)


def second_file_in_the_artifact_folder(inputs, root):
    made = outputs(root)
    folder = Path(made["best_hyperparameters"][0].uri)
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("")
    _run(inputs, _own(), root, made)


def endless_search(inputs, root):
    module = root / "endless.py"
    text = (MODULES / "own_model.py").read_text()
    module.write_text(
        text.replace(
            'hp.Choice("learning_rate", [0.1, 0.01])', 'hp.Float("rate", 0.1, 1.0)'
        )
    )
    _run(inputs, _own(Search(objective="val_loss"), module=module), root)


def parallelism_in_conflict(inputs, root):
    _run(inputs, _own(Search(max_trials=2, parallelism=2), parallel=3), root)


def _earlier(root, name, text):
    """Returns the input of an earlier trial record with one file."""
    from tuner_component.artifacts import TrialRecord

    artifact = TrialRecord()
    artifact.uri = str(root / "earlier")
    Path(artifact.uri).mkdir()
    (Path(artifact.uri) / name).write_text(text)
    return {"prior_trials": [artifact]}


def unknown_format_of_earlier_results(inputs, root):
    earlier = _earlier(root, "oracle.json", "{}")
    _run({**inputs, **earlier}, _own(Search(max_trials=2)), root)


def objective_missing_from_earlier_results(inputs, root):
    trial = '{"state": "COMPLETED", "values": {}, "metrics": {"val_lost": 1.0}}'
    earlier = _earlier(root, "trials.jsonl", trial)
    _run({**inputs, **earlier}, _own(Search(max_trials=2)), root)


def earlier_results_for_a_keras_tuner_oracle(inputs, root):
    _run({**inputs, "prior_results": []}, _stock(), root)


def _rewritten(inputs, root, change):
    """Returns the inputs with the training examples changed, record by record."""
    import tensorflow as tf
    from tfx.types import standard_artifacts

    uri = shutil.copytree(inputs["examples"][0].uri, root / "examples")
    file = str(Path(uri) / "Split-train" / "data-0.gz")
    records = list(tf.data.TFRecordDataset(file, "GZIP").as_numpy_iterator())
    with tf.io.TFRecordWriter(file, "GZIP") as writer:
        for number, record in enumerate(records):
            writer.write(change(number, record))
    examples = standard_artifacts.Examples()
    examples.uri = str(uri)
    examples.split_names = inputs["examples"][0].split_names
    return {**inputs, "examples": [examples]}


def corrupt_record(inputs, root):
    def broken(number, record):
        return b"\xff no example" if number == 7 else record

    _run(_rewritten(inputs, root, broken), _own(), root)


def truncated_file(inputs, root):
    changed = _rewritten(inputs, root, lambda _, record: record)
    file = Path(changed["examples"][0].uri) / "Split-train" / "data-0.gz"
    file.write_bytes(file.read_bytes()[:-200])
    _run(changed, _own(), root)


def file_cut_between_two_records(inputs, root):
    changed = _rewritten(inputs, root, lambda _, record: record)
    file = Path(changed["examples"][0].uri) / "Split-train" / "data-0.gz"
    content = file.read_bytes()
    while _can_tensorflow_read(file, content) is False:
        content = content[:-1]
    _run(changed, _own(), root)


def _can_tensorflow_read(file, content):
    """Returns whether TensorFlow takes a shorter file than there was for a whole one."""
    import tensorflow as tf

    file.write_bytes(content[:-16])
    try:
        return sum(1 for _ in tf.data.TFRecordDataset(str(file), "GZIP")) > 0
    except tf.errors.DataLossError:
        return False


def file_without_examples(inputs, root):
    changed = _rewritten(inputs, root, lambda _, record: record)
    (Path(changed["examples"][0].uri) / "Split-train" / "data-0.gz").write_bytes(b"")
    _run(changed, _own(), root)


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
    return {**_rewritten(inputs, root, extended), "schema": [schema]}


def nan_label(inputs, root):
    changed = _with_feature(
        inputs, root, "target", "FLOAT", lambda n: [float("nan") if n < 3 else 1.0]
    )
    _run(changed, _own(label_key="target"), root)


def schema_of_another_type(inputs, root):
    _run(_with_feature(inputs, root, "clicks", "INT", lambda _: [1.0]), _own(), root)


def lists_for_an_input_of_one_size(inputs, root):
    module = root / "lists.py"
    text = (MODULES / "own_model.py").read_text()
    clicks = '    inputs["clicks"] = keras.Input((5,), name="clicks")\n'
    before = "    hidden = keras.layers.Concatenate"
    assert before in text
    module.write_text(text.replace(before, clicks + before))
    lists = _with_feature(inputs, root, "clicks", "FLOAT", lambda n: [1.0] * (n % 4))
    _run(lists, _own(module=module), root)


def batch_larger_than_the_data(inputs, root):
    _run(inputs, _own(Search(max_trials=2, batch_size=64)), root)


def input_that_the_data_lack(inputs, root):
    module = root / "lacking.py"
    text = (MODULES / "own_model.py").read_text()
    module.write_text(text.replace('"body_mass_g"', '"body_mass_kg"'))
    _run(inputs, _own(module=module), root)


def _folded(root, text):
    """Returns a module that asks for folds."""
    module = root / "folded.py"
    own = (MODULES / "own_model.py").read_text()
    module.write_text(f"{own}\n\ndef cross_validation({text}\n")
    return module


def more_folds_than_examples(inputs, root):
    module = _folded(root, '):\n    return {"cv": 61}')
    _run(inputs, _own(module=module), root)


def a_single_fold(inputs, root):
    _run(inputs, _own(module=_folded(root, '):\n    return {"cv": 1}')), root)


def folds_that_are_not_returned(inputs, root):
    _run(inputs, _own(module=_folded(root, '):\n    {"cv": 3}')), root)


def folds_and_curve_stopping(inputs, root):
    module = _folded(root, '):\n    return {"cv": 3}')
    _run(inputs, _own(Search(max_trials=2, curve_stopping=True), module=module), root)


def folds_of_a_tuner(inputs, root):
    module = root / "folded_tuner.py"
    text = (MODULES / "stock_tuners.py").read_text()
    module.write_text(f'{text}\n\ndef cross_validation():\n    return {{"cv": 3}}\n')
    _run(inputs, properties(module), root)


def unknown_test_split(inputs, root):
    search = Search(max_trials=9, repeats=2, test_split="tset")
    _run(inputs, _own(search), root)


def evaluated_test_split(inputs, root):
    search = Search(max_trials=9, repeats=2, test_split="eval")
    _run(inputs, _own(search), root)


def single_runs_and_a_test_split(inputs, root):
    _run(inputs, _own(Search(max_trials=9, test_split="test")), root)


CASES = {
    schema_of_another_type: r"do not fit their schema: .*int64_list.*clicks",
    lists_for_an_input_of_one_size: r"'clicks' has lists .* \(3,\) in.* takes \(5,\)",
    unknown_test_split: r"no split 'tset' to test on; .*Set Search\(test_split=",
    evaluated_test_split: r"test_split='eval'\).*that no trial has seen",
    single_runs_and_a_test_split: r"test_split='test'\) is given without repeats",
    more_folds_than_examples: r"cv=61, but the train split has 60 examples; expected",
    a_single_fold: r"^cross_validation\(\) returned cv=1; expected .* at least 2",
    folds_that_are_not_returned: r"cross_validation\(\) returned None; expected a dict",
    folds_and_curve_stopping: r"curve_stopping=True\).*each trial train 3 models",
    folds_of_a_tuner: r"the tuner that tuner_fn returns trains.*beside build_model\(hp\)",
    corrupt_record: r"Record 7 of .*Split-train/data-0.gz cannot be read",
    truncated_file: r"Record \d+ of .*Split-train/data-0.gz cannot be read",
    file_cut_between_two_records: r"data-0.gz cannot be read: .* is cut off",
    file_without_examples: r"files of the train split hold no example",
    nan_label: r"'target' is NaN or infinite in 3 of 60 examples of the train split",
    batch_larger_than_the_data: r"batch_size=64\) is larger than .* 60 examples",
    input_that_the_data_lack: r"input 'body_mass_kg'.*Did you mean 'body_mass_g'",
    misspelt_objective: r"'val_acuracy'.*'val_accuracy'.*Did you mean 'val_accuracy'",
    misspelt_objective_of_a_tuner: r"'val_acuracy'.*Did you mean 'val_accuracy'",
    module_without_the_function: r"neither tuner_fn.*Did you mean 'build_modle'",
    missing_split: r"no split 'evl'.*Did you mean 'eval'",
    empty_split: r"'eval' to eval on has no file",
    label_not_in_the_schema: r"'specie' is not in the schema.*Did you mean 'species'",
    schema_and_transform_graph_disagree: r"schema and the transform graph disagree",
    unwritable_study_folder: r"/proc/no_such_folder.* cannot be written.*study_dir",
    empty_space: r"(?i)no hyperparameter|empty|nothing to search",
    contradictory_space: r"'x'.*'batch_size'.*7",
    wrong_direction: r"'val_loss' has the direction 'max'.*lower",
    direction_that_is_none: r"direction='down'; expected \"min\" or \"max\"",
    unknown_strategy: r"'grit'; expected one of .*Did you mean 'grid'",
    unknown_option: r"no option 'grid_point'.*Did you mean 'grid_points'",
    reduction_factor_below_two: r"reduction_factor=1; expected .*at least 2",
    full_training_below_the_first_rung: r"min_resource=9 and max_resource=3",
    population_of_one: r"population_size=1; expected .*at least 2",
    contradictory_constraints: r"no configuration fulfils them all.*'num_layers ",
    custom_config_that_is_not_json: r"custom_config=.*cannot be written as JSON",
    objectives_in_conflict: r"'val_loss' \(min\), the tuner .*'val_accuracy' \(max\)",
    no_trials: r"max_trials=0\): expected at least 1",
    second_file_in_the_artifact_folder: r"already holds \['notes.txt'\].*exactly one",
    endless_search: r"never ends by itself.*max_trials",
    parallelism_in_conflict: r"num_parallel_trials=3.*parallelism=2",
    unknown_format_of_earlier_results: r"holds \['oracle.json'\]; expected tuner_r",
    objective_missing_from_earlier_results: r"'val_loss' is missing .*'val_lost'",
    earlier_results_for_a_keras_tuner_oracle: r"by RandomSearchOracle of KerasTuner, which",
}
"""Case to a pattern that its message must match."""

NEEDS_SHARED_DATA = (schema_and_transform_graph_disagree,)


def is_possible(case):
    return case not in NEEDS_SHARED_DATA or _TAXI.exists()
