"""What the workers of a step's machine are told."""

from __future__ import annotations

import types

import pytest

from tuner_component.step import local_engine
from tuner_component.training import GRAPH_FOLDER


@pytest.mark.parametrize(("num_workers", "folder"), [(1, None), (2, "graphs")])
def test_several_workers_hand_on_their_graphs(monkeypatch, num_workers, folder):
    told = {}
    monkeypatch.setattr(local_engine, "LocalPool", lambda *_, **more: told.update(more))
    setup = types.SimpleNamespace(
        evaluator="",
        settings={},
        libraries=(),
        user_modules=(),
        limits=None,
        environment={"TF_USE_LEGACY_KERAS": "0"},
    )
    module = types.SimpleNamespace(folder="modules")
    local_engine.open_engine(setup, num_workers, module, "logs", "graphs")
    assert told["environment"].get(GRAPH_FOLDER) == folder
    assert told["environment"]["PYTHONPATH"].endswith("modules")
    assert told["environment"]["TF_USE_LEGACY_KERAS"] == "0"
