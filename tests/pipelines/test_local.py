from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import embedded_data, local


def test_without_options_the_embedded_data_is_used(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wanted = local.settings([])
    assert wanted.data == Path("demo/data/breast_cancer.csv")
    assert wanted.data.exists()
    assert wanted.label == embedded_data.LABEL
    assert wanted.task == "classification"
    assert wanted.module.name == "tabular.py"
    assert wanted.search.max_trials == 12
    assert wanted.parallel == 0
    assert not wanted.evaluate


def test_images_are_the_embedded_ones_or_those_of_a_file(tmp_path):
    wanted = local.settings(["--images", "--root", str(tmp_path)])
    assert wanted.data == tmp_path / "data" / "digits.tfrecord"
    assert (wanted.label, wanted.module.name) == ("image_class", "images.py")
    assert wanted.example_gen == "ImportExampleGen"
    own = tmp_path / "mine.tfrecord"
    own.touch()
    wanted = local.settings(["--images", str(own), "--label", "kind"])
    assert (wanted.data, wanted.label) == (own, "kind")


def test_every_option_arrives(tmp_path):
    csv, module = tmp_path / "rows.csv", tmp_path / "mine.py"
    csv.touch()
    module.touch()
    line = (
        f"--csv {csv} --label price --task regression --module {module} --trials 5 "
        f"--root {tmp_path / 'out'} --parallel 3 --strategy grid --epochs 7 --seed 9 "
        "--train-steps 11 --eval-steps 13 --evaluate"
    )
    wanted = local.settings(line.split())
    assert (wanted.data, wanted.module, wanted.label) == (csv, module, "price")
    assert (wanted.task, wanted.root) == ("regression", tmp_path / "out")
    assert (wanted.parallel, wanted.train_steps, wanted.eval_steps) == (3, 11, 13)
    assert wanted.evaluate
    search = wanted.search
    assert (search.strategy, search.max_trials) == ("grid", 5)
    assert (search.epochs, search.seed) == (7, 9)
    assert not wanted.root.exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--csv missing.csv", "--csv needs --label"),
        ("--csv missing.csv --label y", "missing.csv: there is no such file"),
        ("--images missing.tfrecord", "missing.tfrecord: there is no such file"),
        ("--images . --csv . --label y", "--csv and --images cannot both be given"),
        ("--module missing.py", "missing.py: there is no such file"),
        ("--trials 0", "max_trials=0"),
        ("--epochs 0", "epochs=0"),
        ("--seed -1", "seed=-1"),
        ("--strategy bayesan", "Did you mean 'bayesian'"),
        ("--task clustering", "invalid choice: 'clustering'"),
    ],
)
def test_wrong_options_are_named(line, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        local.settings(line.split())
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "demo").exists()


def test_help_needs_neither_tfx_nor_tensorflow():
    code = (
        "import sys\n"
        "from pipelines import local\n"
        "text = local.parser().format_help()\n"
        "loaded = {'tfx', 'tensorflow', 'keras'} & set(sys.modules)\n"
        "sys.exit(str(loaded) if loaded or '--trials' not in text else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_newest_artifact_has_the_highest_number(tmp_path):
    for name in ("9", "10", "2"):
        (tmp_path / "Trainer" / "model" / name).mkdir(parents=True)
    assert local.latest(tmp_path, "Trainer", "model").name == "10"
