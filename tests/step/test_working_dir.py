"""`fn_args.working_dir` belongs to the study, whichever kind of code asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.step import fixtures as step_fixtures
from tests.step.fixtures import MODULES, properties, run_step
from tuner_component import Search

_NOTED = """

def _note(fn_args):
    with open(f"{fn_args.working_dir}/noted.txt", "a") as file:
        file.write("x")
"""


def _noting(tmp_path, name, line):
    """Returns a module that writes to its working_dir wherever it has that line."""
    text = (MODULES / name).read_text()
    assert line in text
    module = tmp_path / name
    module.write_text(text.replace(line, f"{line}\n    _note(fn_args)") + _NOTED)
    return module


def _notes(root):
    return {p.parts[-3]: p.read_text() for p in Path(root).rglob("noted.txt")}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "line", "more"),
    [
        ("own_model.py", "def build_model(hp, fn_args):", {"label_key": "species"}),
        ("stock_tuners.py", "    config = fn_args.custom_config", {}),
    ],
)
def test_each_study_has_its_own_and_keeps_it(tmp_path, name, line, more):
    inputs = step_fixtures.write_inputs(tmp_path)
    module = _noting(tmp_path, name, line)
    custom = {"algorithm": "RandomSearch"}

    def run(**search):
        asked = Search(epochs=1, **search) if more else Search(**search)
        run_step(inputs, properties(module, asked, custom=custom, **more), tmp_path)
        return _notes(tmp_path / "Tuner" / "studies")

    first = run(max_trials=1, parallelism=1)
    (study,) = first
    continued = run(max_trials=2, parallelism=1)
    assert list(continued) == [study]
    assert len(continued[study]) > len(first[study])
    other = run(max_trials=1, parallelism=1, resume="never")
    assert len(other) == 2
    assert other[study] == continued[study]
