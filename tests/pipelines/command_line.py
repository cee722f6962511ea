"""Runs of the local pipeline as a user starts them, and what they leave behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def run_local(root: Path, *options: object) -> subprocess.CompletedProcess[str]:
    """Runs `python -m pipelines.local`; fails with its output if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.local", "--root", str(root)]
        + [str(option) for option in options],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def artifact(root: Path, component: str, output: str) -> Path:
    """Returns the folder of the newest artifact."""
    return max((root / component / output).iterdir(), key=lambda path: int(path.name))


def best_hyperparameters(root: Path) -> dict:
    """Returns the only file of the newest `best_hyperparameters`, strictly read."""
    (file,) = artifact(root, "Tuner", "best_hyperparameters").iterdir()
    return strict(file.read_text())


def strict(text: str):
    """Reads JSON that must not hold NaN or Infinity."""

    def refuse(constant: str):
        raise AssertionError(f"{constant} in {text}")

    return json.loads(text, parse_constant=refuse)


def trials(root: Path) -> list[dict]:
    """Returns the trials in the newest trial record."""
    file = artifact(root, "Tuner", "trial_record") / "trials.jsonl"
    return [strict(line) for line in file.read_text().splitlines()]


def accuracy(root: Path, label: str) -> tuple[float, float]:
    """Returns the trained model's accuracy on raw rows, and the majority class's."""
    from pipelines.scoring import score

    result = score(
        artifact(root, "Trainer", "model") / "Format-Serving",
        artifact(root, "CsvExampleGen", "examples") / "Split-eval",
        f"{label}_xf",
        "classification",
    )
    return result.value, result.baseline
