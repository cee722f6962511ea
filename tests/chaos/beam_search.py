"""A search on Beam, to be killed: `python -m tests.chaos.beam_search FOLDER ARGUMENT...`.

The arguments are Beam's. Two rounds of six trials of half a second.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.engines.beam_searches import Case, on_beam
from tuner_component.engines.beam.pipeline import submitter
from tuner_component.errors import TunerError

NUM_TRIALS = 12


def case(folder: Path, fill: str = "") -> Case:
    """Returns what is searched; `fill` is a file whose disk is filled meanwhile."""
    notes = folder / "notes"
    notes.mkdir(parents=True, exist_ok=True)
    return Case(
        max_trials=NUM_TRIALS,
        round_size=NUM_TRIALS // 2,
        num_rounds=2,
        evaluator="tests.engines.noting:make_noting",
        settings={"notes": str(notes), "seconds": 0.5, "fill": fill},
    )


def main(folder: Path, arguments: list[str]) -> int:
    fill = folder / "disk" / "filler"
    searched = case(folder, str(fill) if fill.parent.exists() else "")
    study = folder / ("disk" if fill.parent.exists() else ".") / "study"
    try:
        on_beam(study, searched, submitter(arguments))
    except (TunerError, OSError) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
