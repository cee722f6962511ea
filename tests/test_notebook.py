"""The component in a notebook, as InteractiveContext runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.step import fixtures as step_fixtures

pytestmark = pytest.mark.slow

_CELL = """
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
from tfx.orchestration.experimental.interactive.interactive_context import (
    InteractiveContext,
)
from tfx.dsl.components.common.importer import Importer
from tfx.types import standard_artifacts
from tuner_component import Search, Tuner

context = InteractiveContext(pipeline_root={root!r})
examples = Importer(
    source_uri={examples!r},
    artifact_type=standard_artifacts.Examples,
    properties={{"split_names": '["train", "eval"]'}},
).with_id("examples")
schema = Importer(
    source_uri={schema!r}, artifact_type=standard_artifacts.Schema
).with_id("schema")
context.run(examples)
context.run(schema)
tuner = Tuner(
    examples=examples.outputs["result"],
    schema=schema.outputs["result"],
    module_file={module!r},
    label_key="species",
    search=Search(max_trials=2, objective="val_accuracy", epochs=1, parallelism=2),
)
context.run(tuner)
print("best in", tuner.outputs["best_hyperparameters"].get()[0].uri)
"""


def _run(code):
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(notebook, timeout=280, kernel_name="python3").execute()
    return notebook.cells[0].outputs


def test_the_search_runs_and_shows_itself_in_a_notebook(tmp_path, monkeypatch):
    pytest.importorskip("nbclient")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    step_fixtures.write_inputs(tmp_path)
    code = _CELL.format(
        root=str(tmp_path / "root"),
        examples=str(tmp_path / "examples"),
        schema=str(tmp_path / "schema"),
        module=str(step_fixtures.MODULES / "own_model.py"),
    )
    outputs = _run(code)
    text = "".join(o.get("text", "") for o in outputs)
    lines = [o["data"].get("text/plain", "") for o in outputs if "data" in o]
    assert "The search has ended: max_trials=2 is reached." in text
    assert any("Tuner 2/2 trials done" in line for line in lines)
    (uri,) = [x.split()[-1] for x in text.splitlines() if x.startswith("best in")]
    assert [p.name for p in Path(uri).iterdir()] == ["best_hyperparameters.txt"]
