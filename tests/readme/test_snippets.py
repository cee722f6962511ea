"""The snippets of the READMEs run, and do what is said."""

from __future__ import annotations

import json

import tuner_component
from tests.readme.texts import SNIPPETS, run, snippet, table
from tuner_component import Search, nas
from tuner_component.trial import Measurement, Reason, Trial, TrialError, TrialState


def test_the_architecture_is_built_and_counted():
    import keras_tuner

    build = run(snippet("nas.Cell"))["build_model"]
    hp = keras_tuner.HyperParameters()
    model = build(hp)
    assert model.output_shape == (None, 10)
    again = keras_tuner.HyperParameters.from_config(hp.get_config())
    assert build(again).count_params() == model.count_params() <= 20_000
    named = {
        name for row in table("Search architectures") for name in row[0].split("`")
    }
    public = {name.removesuffix("()") for name in named} & set(nas.__all__)
    assert {"Chain", "Branches", "Cell", "Stack", "limit", "recurrent"} <= public


def _compiled(components, root):
    from tfx import v1 as tfx
    from tfx.dsl.compiler.compiler import Compiler

    pipeline = tfx.dsl.Pipeline(
        pipeline_name="readme", pipeline_root=str(root), components=components
    )
    nodes = Compiler().compile(pipeline).nodes
    return {node.pipeline_node.node_info.id: node.pipeline_node for node in nodes}


def test_every_snippet_is_tested_here():
    words = ["Trainer(", "def fit_args", "Objective(", "Resolver(", "trials.jsonl"]
    words += ["def cross_validation", "StrategyOracle(", "worker_pool_specs"]
    words += ['fidelity("resolution"', "nas.Cell("]
    assert sorted(map(snippet, words)) == sorted(SNIPPETS)


def test_the_swap_compiles(upstream, tmp_path):
    from tfx import v1 as tfx

    made = run(snippet("Trainer("), tfx=tfx, transform=upstream[-1])
    nodes = _compiled([*upstream, made["tuner"], made["trainer"]], tmp_path)
    source = nodes["Trainer"].inputs.inputs["hyperparameters"].channels[0]
    assert source.producer_node_query.id == "Tuner"
    stock = set(tfx.components.Tuner.SPEC_CLASS.INPUTS)
    assert set(type(made["tuner"]).SPEC_CLASS.INPUTS) >= stock


def test_the_tuner_with_a_search_compiles(upstream, tmp_path):
    made = run(snippet("Objective("), transform=upstream[-1])
    node = _compiled([*upstream, made["tuner"]], tmp_path)["Tuner"]
    text = node.parameters.parameters["search"].field_value.string_value
    assert Search.from_json(text).max_trials == 50


def test_the_tuner_on_vertex_compiles_and_asks_for_three_replicas(upstream, tmp_path):
    from tfx import v1 as tfx

    from tuner_component.vertex import tuning_args, worker_pools

    made = run(
        snippet("worker_pool_specs"),
        tfx=tfx,
        transform=upstream[-1],
        Search=Search,
        Tuner=tuner_component.Tuner,
    )
    node = _compiled([*upstream, made["tuner"]], tmp_path)["Tuner"]
    text = node.parameters.parameters["custom_config"].field_value.string_value
    spec = tuning_args.read(json.loads(text)).job_spec
    pools = worker_pools.completed(spec["worker_pool_specs"], 3)
    assert worker_pools.num_replicas(pools) == 3


def test_the_warm_start_compiles_and_may_find_nothing(upstream, tmp_path):
    made = run(snippet("Resolver("), transform=upstream[-1])
    nodes = _compiled([*upstream, made["earlier"], made["tuner"]], tmp_path)
    spec = nodes["Tuner"].inputs.inputs["prior_results"]
    assert spec.channels[0].producer_node_query.id == "earlier"
    assert spec.min_count == 0


def test_build_model_is_one_that_the_component_can_search():
    from tuner_component.space_discovery import discover

    made = run(snippet("def fit_args"))
    found = discover(made["build_model"])
    names = {entry["config"]["name"] for entry in found.config["space"]}
    assert {"batch_size", "epochs", "num_layers", "units", "learning_rate"} == names
    assert made["fit_args"](None)["callbacks"]


def test_the_model_is_as_small_as_its_fidelity_says():
    import keras_tuner

    from tuner_component.estimators.model_fidelity import given
    from tuner_component.trial import Fidelity

    build = run(snippet('fidelity("resolution"'))["build_model"]
    with given(Fidelity("resolution", 7.0, 28.0)):
        small = build(keras_tuner.HyperParameters())
    for model, size in ((small, 7), (build(keras_tuner.HyperParameters()), 28)):
        sizes = {
            layer.output.shape[1] for layer in model.layers if layer.name[:4] == "resi"
        }
        assert sizes == {size}


def test_the_estimator_is_scored_as_shown(tmp_path):
    import numpy as np

    from tuner_component.data import Source, Split
    from tuner_component.evaluation import Job
    from tuner_component.model_code import ModelCode
    from tuner_component.sklearn_evaluation.evaluation import SklearnEvaluation

    made = run(snippet("def cross_validation"))
    x = np.random.default_rng(0).normal(size=(90, 2)).astype("float32")
    label = np.arange(90).reshape(-1, 1) % 3
    split = Split(Source(None, [], None, "y"), {"x": x, "__label__": label})
    code = ModelCode(
        made["build_model"],
        lambda hp: {},
        split,
        split,
        {},
        cross_validation=made["cross_validation"],
    )
    job = Job("0000", {"max_depth": 2}, 0, 0, str(tmp_path), "val_loss", "min")
    evaluation = SklearnEvaluation(code)(job, lambda measurement: None)
    assert len(evaluation.report["folds"]) == 10
    stated = {"val_accuracy", "val_loss", "val_roc_auc_ovr", "val_balanced_accuracy"}
    assert stated <= set(evaluation.metrics)


def test_the_oracle_searches_as_shown(tmp_path, monkeypatch):
    import keras
    import numpy as np

    def build_model(hp):
        model = keras.Sequential([keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(hp.Choice("rate", [0.1, 0.01])), "mse")
        return model

    monkeypatch.chdir(tmp_path)
    data = np.ones((10, 2)), np.ones((10, 1))
    made = run(
        snippet("StrategyOracle("), build_model=build_model, x=data[0], y=data[1]
    )
    rates = {t.hyperparameters.get("rate") for t in made["oracle"].trials.values()}
    assert rates == {0.1, 0.01}


def test_the_trial_record_reads_as_shown(tmp_path, monkeypatch):
    from tuner_component.step import outputs

    completed = Trial(
        "0000",
        0,
        {"units": 8},
        seed=1,
        state=TrialState.COMPLETED,
        score=0.5,
        loss=0.5,
        measurements=(
            Measurement(1, {"val_loss": 0.7}),
            Measurement(2, {"val_loss": 0.5}),
        ),
    )
    failed = Trial(
        "0001",
        1,
        {"units": 16},
        seed=2,
        state=TrialState.FAILED,
        error=TrialError(Reason.USER_ERROR, "ValueError: no"),
    )
    outputs.write_trial_record(str(tmp_path), [completed, failed], {}, "")
    monkeypatch.chdir(tmp_path)
    made = run(snippet("trials.jsonl"))
    assert made["errors"] == {"0001": "ValueError: no"}
    assert made["curves"] == {"0000": [0.7, 0.5]}
