"""A space that is larger than can be looked through before the first trial."""

from __future__ import annotations

import pytest

from tests.step.fixtures import MODULES, properties, run_step, trials_of, write_inputs
from tuner_component import Search

_MORE = """    for number in range(250):
        hp.Boolean(f"more_{number}")
    return model
"""


@pytest.mark.slow
def test_the_step_says_that_there_may_be_more(tmp_path, capsys):
    module = tmp_path / "large.py"
    text = (MODULES / "own_model.py").read_text()
    module.write_text(text.replace("    return model\n", _MORE, 1))
    search = Search(strategy="random", max_trials=1, epochs=1, study_dir=str(tmp_path))
    given = properties(module, search, label_key="species")
    (trial,) = trials_of(run_step(write_inputs(tmp_path / "data"), given, tmp_path))
    assert "there may be more than were found" in capsys.readouterr().out
    assert sum(name.startswith("more_") for name in trial["values"]) == 250
