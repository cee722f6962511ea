from __future__ import annotations

import json
import subprocess
import sys

import pytest
from tfx.components import Tuner as StockTuner
from tfx.orchestration.data_types import RuntimeParameter
from tfx.proto import trainer_pb2, tuner_pb2
from tfx.types import channel_utils, standard_artifacts

from tuner_component import Search, Tuner
from tuner_component.artifacts import TrialRecord


@pytest.fixture
def channels():
    return {
        "examples": channel_utils.as_channel([standard_artifacts.Examples()]),
        "schema": channel_utils.as_channel([standard_artifacts.Schema()]),
    }


def _check_outputs(tuner):
    types = {key: channel.type_name for key, channel in tuner.outputs.items()}
    assert types == {
        "best_hyperparameters": standard_artifacts.HyperParameters.TYPE_NAME,
        "tuner_results": standard_artifacts.TunerResults.TYPE_NAME,
        "trial_record": TrialRecord.TYPE_NAME,
        "best_model": standard_artifacts.Model.TYPE_NAME,
        "report": "tuner_component.SearchReport",
        "metrics": "tuner_component.SearchMetrics",
    }


def test_every_argument_of_the_stock_component(channels):
    tuner = Tuner(
        **channels,
        base_model=channel_utils.as_channel([standard_artifacts.Model()]),
        module_file="/path/to/module/file",
        train_args=trainer_pb2.TrainArgs(splits=["train"], num_steps=100),
        eval_args=trainer_pb2.EvalArgs(splits=["eval"], num_steps=50),
        tune_args=tuner_pb2.TuneArgs(num_parallel_trials=3),
        custom_config={"key": "value"},
    )
    _check_outputs(tuner)
    assert json.loads(tuner.exec_properties["custom_config"]) == {"key": "value"}


@pytest.mark.parametrize(
    "given",
    [
        {"num_parallel_trials": 3},
        '{"num_parallel_trials": 3}',
        RuntimeParameter("tune_args", str),
    ],
)
def test_every_form_of_tune_args_that_the_stock_component_takes(channels, given):
    ours, stock = (
        component(**channels, module_file="m.py", tune_args=given)
        for component in (Tuner, StockTuner)
    )
    received, expected = (str(c.exec_properties["tune_args"]) for c in (ours, stock))
    assert received == expected


def test_a_function_by_path_and_a_transform_graph(channels):
    _check_outputs(
        Tuner(
            examples=channels["examples"],
            transform_graph=channel_utils.as_channel(
                [standard_artifacts.TransformGraph()]
            ),
            tuner_fn="path.to.tuner_fn",
        )
    )


def test_a_search_travels_as_json(channels):
    search = Search(strategy="grid", seed=0)
    tuner = Tuner(**channels, module_file="m.py", search=search, label_key="y")
    assert Search.from_json(tuner.exec_properties["search"]) == search
    assert tuner.exec_properties["label_key"] == "y"


@pytest.mark.parametrize(
    "code", [{}, {"module_file": "/path/to/module", "tuner_fn": "path.to.tuner_fn"}]
)
def test_exactly_one_place_of_user_code(channels, code):
    with pytest.raises(ValueError, match="expected exactly one"):
        Tuner(**channels, **code)


def test_a_custom_config_must_be_json(channels):
    with pytest.raises(ValueError, match=r"custom_config=.*cannot be written as JSON"):
        Tuner(**channels, module_file="m.py", custom_config={"x": object()})


def test_a_search_must_be_a_search(channels):
    with pytest.raises(
        TypeError, match=r"is a dict; expected a tuner_component.Search"
    ):
        Tuner(**channels, module_file="m.py", search={"max_trials": 3})


def test_the_package_and_its_options_need_no_tensorflow():
    code = (
        "import sys, tuner_component, tuner_component.search; "
        "tuner_component.Search(max_trials=3); "
        "sys.exit('tensorflow' in sys.modules or 'keras_tuner' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_component_adds_nothing_heavy_to_what_tfx_imports():
    code = (
        "import sys\n"
        "import tfx.dsl.components.base.base_component, tfx.components.util.udf_utils\n"
        "import tfx.types.standard_component_specs, tfx.utils.json_utils\n"
        "before = {m.split('.')[0] for m in sys.modules}\n"
        "import tuner_component.component\n"
        "new = {m.split('.')[0] for m in sys.modules} - before\n"
        "heavy = new & {'tensorflow', 'keras', 'keras_tuner', 'tf_keras', 'scipy'}\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("artifact_type", "key"),
    [
        (standard_artifacts.TunerResults, "prior_results"),
        (TrialRecord, "prior_trials"),
    ],
)
def test_earlier_results_of_either_type_are_an_optional_input(
    channels, artifact_type, key
):
    earlier = channel_utils.as_channel([artifact_type()])
    tuner = Tuner(**channels, module_file="m.py", prior_results=earlier)
    assert tuner.inputs[key] is earlier
    assert set(tuner.inputs) - set(channels) == {key}
    assert tuner.spec.is_allow_empty_input(key)


@pytest.mark.parametrize("given", ["uri", standard_artifacts.Model])
def test_earlier_results_of_another_kind(channels, given):
    if given != "uri":
        given = channel_utils.as_channel([given()])
    message = r"prior_results is ('uri'|a channel of Model); expected a channel of T"
    with pytest.raises(TypeError, match=message):
        Tuner(**channels, module_file="m.py", prior_results=given)


def test_beam_options_reach_a_search_on_beam_only(channels):
    from tfx.dsl.components.base import executor_spec

    def made(engine):
        search = Search(engine=engine, parallelism=2)
        return Tuner(**channels, module_file="/a.py", search=search)

    spec = made("beam").with_beam_pipeline_args(["--runner=FlinkRunner"]).executor_spec
    assert isinstance(spec, executor_spec.BeamExecutorSpec)
    assert spec.class_path == "tuner_component.beam_executor.BeamExecutor"
    assert spec.beam_pipeline_args == ["--runner=FlinkRunner"]
    local = made("local")
    assert not isinstance(local.executor_spec, executor_spec.BeamExecutorSpec)
    with pytest.raises(ValueError, match=r'Search\(engine="beam"'):
        local.with_beam_pipeline_args(["--runner=FlinkRunner"])


def test_beam_and_vertex_contradict_each_other(channels):
    with pytest.raises(ValueError, match="Leave one of them out"):
        Tuner(
            **channels,
            module_file="/a.py",
            search=Search(engine="beam"),
            custom_config={"ai_platform_tuning_args": {"project": "p"}},
        )
