"""Searches on runners that are servers: started on loopback, with Python workers."""

from __future__ import annotations

import pytest

from tests.engines.beam_searches import Case, evaluations, on_beam, on_local_pool, told
from tests.engines.runners.prism import Prism
from tests.engines.runners.service import Services
from tuner_component.engines.beam.pipeline import submitter

CASE = Case("successive_halving", {"max_resource": 9}, max_trials=9, num_rounds=3)


@pytest.mark.runner
def test_prism_has_the_history_of_the_local_pool(tmp_path):
    expected, expected_reason = on_local_pool(tmp_path / "local", CASE)
    with Services() as services:
        prism = Prism(services, tmp_path / "prism")
        trials, reason = on_beam(tmp_path / "beam", CASE, submitter(prism.arguments))
    assert told(trials) == told(expected)
    assert reason == expected_reason
    assert _trained(tmp_path / "beam") == _trained(tmp_path / "local")


def _trained(folder):
    """Returns what each trial was trained with, without who did it."""
    return {
        trial: [line.partition(" ")[2] for line in lines]
        for trial, lines in evaluations(folder).items()
    }
