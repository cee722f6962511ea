"""The commands of the READMEs exist, and take these options."""

from __future__ import annotations

import re

import pytest

from tests.readme.texts import CLUSTER, README, ROOT, section


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
    named = set(re.findall(r"(--[a-z-]+)", section("See it run")))
    assert named
    assert named <= known


def test_the_demo_shows_the_steps_of_the_pipeline(tmp_path):
    from pipelines import local
    from pipelines.pipeline import create_pipeline

    components = create_pipeline(local.settings(["--root", str(tmp_path)])).components
    names = [type(component).__name__ for component in components]
    shown = re.findall(r"^    (\d)/\d (\w+)$", section("See it run"), re.M)
    assert [name for _, name in shown] == names
