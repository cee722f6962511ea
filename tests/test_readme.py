"""The READMEs are true: snippets run, tables and links match the code."""

from __future__ import annotations

import collections
import dataclasses
import inspect
import json
import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

import tuner_component
from tuner_component import Search, nas
from tuner_component.strategies.registry import STRATEGIES, options
from tuner_component.trial import (
    Measurement,
    Reason,
    Trial,
    TrialError,
    TrialState,
)

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (".", "tuner_component", "kubeflow")
README, GUIDE, CLUSTER = TEXTS = [
    (ROOT / folder / "README.md").read_text(encoding="utf-8") for folder in FOLDERS
]
SNIPPETS = re.findall(r"```python\n(.*?)```", "".join(TEXTS), re.DOTALL)


def _snippet(word):
    (found,) = (text for text in SNIPPETS if word in text)
    return found


def _section(title):
    pattern = rf"^##+ {re.escape(title)}\n(.*?)(?=^##|\Z)"
    (found,) = (
        found
        for text in (README, GUIDE)
        for found in re.findall(pattern, text, re.M | re.S)
    )
    return found


def _anchors(text):
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    return {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles
    }


def _table(title):
    """Returns the cells of a section's table, without its head."""
    rows = [line for line in _section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def _run(snippet, **names):
    namespace = {"__name__": "readme", **names}
    exec(compile(snippet, "README.md", "exec"), namespace)
    return namespace


def test_the_architecture_is_built_and_counted():
    import keras_tuner

    build = _run(_snippet("nas.Cell"))["build_model"]
    hp = keras_tuner.HyperParameters()
    model = build(hp)
    assert model.output_shape == (None, 10)
    again = keras_tuner.HyperParameters.from_config(hp.get_config())
    assert build(again).count_params() == model.count_params() <= 20_000
    named = {
        name for row in _table("Search architectures") for name in row[0].split("`")
    }
    public = {name.removesuffix("()") for name in named} & set(nas.__all__)
    assert {"Chain", "Branches", "Cell", "Stack", "limit", "recurrent"} <= public


@pytest.fixture
def upstream(tmp_path):
    """The steps before the Tuner, as a user's pipeline has them."""
    from tfx import v1 as tfx

    module = tmp_path / "preprocessing.py"
    module.write_text("def preprocessing_fn(inputs):\n    return inputs\n")
    example_gen = tfx.components.CsvExampleGen(input_base=str(tmp_path))
    statistics_gen = tfx.components.StatisticsGen(
        examples=example_gen.outputs["examples"]
    )
    schema_gen = tfx.components.SchemaGen(
        statistics=statistics_gen.outputs["statistics"]
    )
    transform = tfx.components.Transform(
        examples=example_gen.outputs["examples"],
        schema=schema_gen.outputs["schema"],
        module_file=str(module),
    )
    return [example_gen, statistics_gen, schema_gen, transform]


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
    assert sorted(map(_snippet, words)) == sorted(SNIPPETS)


def test_the_swap_compiles(upstream, tmp_path):
    from tfx import v1 as tfx

    made = _run(_snippet("Trainer("), tfx=tfx, transform=upstream[-1])
    nodes = _compiled([*upstream, made["tuner"], made["trainer"]], tmp_path)
    source = nodes["Trainer"].inputs.inputs["hyperparameters"].channels[0]
    assert source.producer_node_query.id == "Tuner"
    stock = set(tfx.components.Tuner.SPEC_CLASS.INPUTS)
    assert set(type(made["tuner"]).SPEC_CLASS.INPUTS) >= stock


def test_the_tuner_with_a_search_compiles(upstream, tmp_path):
    made = _run(_snippet("Objective("), transform=upstream[-1])
    node = _compiled([*upstream, made["tuner"]], tmp_path)["Tuner"]
    text = node.parameters.parameters["search"].field_value.string_value
    assert Search.from_json(text).max_trials == 50


def test_the_tuner_on_vertex_compiles_and_asks_for_three_replicas(upstream, tmp_path):
    from tfx import v1 as tfx

    from tuner_component.vertex import tuning_args, worker_pools

    made = _run(
        _snippet("worker_pool_specs"),
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


@pytest.mark.parametrize("name", ["compile", "submit", "component"])
def test_the_commands_of_kubeflow_have_these_options(name):
    known = (ROOT / "kubeflow" / f"{name}.py").read_text()
    known += (ROOT / "pipelines" / "local.py").read_text() * (name == "compile")
    (first, *others) = re.findall(
        rf"^    python kubeflow/{name}\.py (.*)$", CLUSTER, re.M
    )
    for option in re.findall(r"--[a-z-]+", " ".join([first, *others])):
        assert f'"{option}"' in known, option


def test_the_worker_starts_as_shown():
    from tuner_component import worker

    (line,) = re.findall(r"^    python -m tuner_component\.worker (.*)$", CLUSTER, re.M)
    assert worker._parser().parse_args(line.split()).root.endswith("/Tuner/flock")
    assert "--slots" in worker._parser().format_help()


def test_the_warm_start_compiles_and_may_find_nothing(upstream, tmp_path):
    made = _run(_snippet("Resolver("), transform=upstream[-1])
    nodes = _compiled([*upstream, made["earlier"], made["tuner"]], tmp_path)
    spec = nodes["Tuner"].inputs.inputs["prior_results"]
    assert spec.channels[0].producer_node_query.id == "earlier"
    assert spec.min_count == 0


def test_build_model_is_one_that_the_component_can_search():
    from tuner_component.space_discovery import discover

    made = _run(_snippet("def fit_args"))
    found = discover(made["build_model"])
    names = {entry["config"]["name"] for entry in found.config["space"]}
    assert {"batch_size", "epochs", "num_layers", "units", "learning_rate"} == names
    assert made["fit_args"](None)["callbacks"]


def test_the_model_is_as_small_as_its_fidelity_says():
    import keras_tuner

    from tuner_component.estimators.model_fidelity import given
    from tuner_component.trial import Fidelity

    build = _run(_snippet('fidelity("resolution"'))["build_model"]
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

    made = _run(_snippet("def cross_validation"))
    x = np.random.default_rng(0).normal(size=(90, 2)).astype("float32")
    label = np.arange(90).reshape(-1, 1) % 3
    split = Split(Source(None, [], None, "y"), {"x": x, "__label__": label})
    code = ModelCode(
        made["build_model"],
        lambda hp: {},
        split,
        split,
        {},
        cross_validation=made["cross_validation"](),
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
    made = _run(
        _snippet("StrategyOracle("), build_model=build_model, x=data[0], y=data[1]
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
    made = _run(_snippet("trials.jsonl"))
    assert made["errors"] == {"0001": "ValueError: no"}
    assert made["curves"] == {"0000": [0.7, 0.5]}


def test_the_table_of_options_is_search():
    table = {row[0].strip("`"): row[1].strip("`") for row in _table("`Search`")}
    defaults = dataclasses.asdict(Search())
    assert list(table) == list(defaults)
    assert table == {
        name: repr(value).replace("'", '"') for name, value in defaults.items()
    }


def test_the_table_of_outputs_is_the_component():
    stated = {row[0].strip("`") for row in _table("What it writes")}
    assert stated == set(tuner_component.Tuner.SPEC_CLASS.OUTPUTS)


def test_engines_are_those_that_there_are():
    stated = re.findall(r'engine="(\w+)"', _section("On a cluster"))
    assert sorted(stated) == sorted(get_args(get_type_hints(Search)["engine"]))


def test_strategies_are_those_that_there_are():
    names = [row[0].strip("`") for row in _table("Strategies")]
    assert sorted(names) == sorted(STRATEGIES)


def test_options_of_strategies_are_those_that_there_are():
    with_rungs = [name for name in STRATEGIES if "resource" in options(name)]
    stated, defaults = collections.defaultdict(set), {}
    for option, of, default, _ in _table("Options of the strategies"):
        names = with_rungs if "with rungs" in of else []
        for name in [*names, *re.findall("`([a-z_]+)`", of)]:
            stated[name].add(option.strip("`"))
        defaults[option.strip("`")] = set(re.findall("`([^`]+)`", default))
    assert dict(stated) == {name: set(o) for name in STRATEGIES if (o := options(name))}
    real = collections.defaultdict(set)
    for name, cls in STRATEGIES.items():
        for option in options(name):
            default = inspect.signature(cls).parameters[option].default
            real[option].add(repr(default).replace("'", '"'))
    assert defaults == real


def test_states_and_errors_of_the_failure_table_exist():
    cells = " ".join(cell for row in _table("When something fails") for cell in row)
    for name in re.findall(r"`(\w+Error)`", cells):
        assert name in tuner_component.__all__
    for name in re.findall(r"`([A-Z]+)`", cells):
        assert name in TrialState.__members__
    for name in re.findall(r"`(max_\w+)`", cells):
        assert hasattr(Search(), name)


@pytest.mark.parametrize("folder", FOLDERS)
def test_relative_links_lead_somewhere(folder):
    file = ROOT / folder / "README.md"
    links = re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", file.read_text())
    assert links
    for path, anchor in links:
        target = file.parent / path if path else file
        assert target.exists()
        assert not anchor or anchor in _anchors(target.read_text())


def test_the_readme_is_short_and_leads_to_every_section_of_the_guide():
    assert len(README.splitlines()) <= 260
    for title in re.findall(r"^## (.+)$", GUIDE, re.M):
        (anchor,) = _anchors(f"# {title}")
        assert f"(tuner_component/README.md#{anchor})" in README


def test_every_make_target_exists():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    named = set(re.findall(r"(?:`|^    |`.*)make ([a-z-]+)", README, re.M))
    assert {"demo", "test", "lint", "bench"} <= named
    benchmarks = {
        f"bench-{path.stem}" for path in (ROOT / "tests/benchmarks").glob("*.py")
    }
    assert named <= targets | benchmarks


def test_the_options_of_the_demo_exist():
    from pipelines import local

    known = {
        option for action in local.parser()._actions for option in action.option_strings
    }
    named = set(re.findall(r"(--[a-z-]+)", _section("See it run")))
    assert named
    assert named <= known


def test_the_demo_shows_the_steps_of_the_pipeline(tmp_path):
    from pipelines import local
    from pipelines.pipeline import create_pipeline

    components = create_pipeline(local.settings(["--root", str(tmp_path)])).components
    names = [type(component).__name__ for component in components]
    shown = re.findall(r"^    (\d)/\d (\w+)$", _section("See it run"), re.M)
    assert [name for _, name in shown] == names


def test_nothing_of_a_machine_is_named():
    assert re.findall(r"/(?:work|home|root|tmp|Users)/\S*", "".join(TEXTS)) == []
