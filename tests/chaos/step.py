"""A whole Tuner step to be killed: `python -m tests.chaos.step FOLDER`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from tests.step import fixtures as step_fixtures
from tuner_component import Search

NUM_TRIALS = 6


def main(folder):
    from tfx.types import artifact_utils, standard_artifacts

    examples, schema = standard_artifacts.Examples(), standard_artifacts.Schema()
    examples.uri, schema.uri = str(folder / "examples"), str(folder / "schema")
    examples.split_names = artifact_utils.encode_split_names(["train", "eval"])
    study_dir = os.environ.get("STUDY_DIR")
    search = Search(
        strategy="random",
        max_trials=NUM_TRIALS,
        objective="val_accuracy",
        epochs=1,
        study_dir=study_dir,
        max_retries=10,
    )
    given = step_fixtures.properties(
        "own_model.py", search, parallel=2, label_key=step_fixtures.LABEL
    )
    made = step_fixtures.run_step(
        {"examples": [examples], "schema": [schema]}, given, folder / str(os.getpid())
    )
    trials = [
        {key: trial[key] for key in ("trial_id", "values", "seed", "score")}
        for trial in step_fixtures.trials_of(made)
    ]
    (folder / "trials.json").write_text(json.dumps(trials))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
