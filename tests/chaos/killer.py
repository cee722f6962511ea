"""Kills a search again and again, and looks at what is left each time."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from tuner_component.journal import open_journal
from tuner_component.outcome_file import read_outcome


@dataclasses.dataclass
class Tally:
    """What 50 kills did: the last two must stay 0."""

    kills: int = 0
    lost: int = 0
    begun_again: int = 0


def finish(folder):
    subprocess.run(
        [sys.executable, "-m", "tests.chaos.search", str(folder)],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=120,
    )


def final_trials(folder):
    """Returns trial id to (values, score) of the only study in a folder."""
    (home,) = (folder / "studies").glob("*/journal.jsonl")
    records = open_journal(str(home.parent)).read()
    values = {
        r["trial"]["trial_id"]: r["trial"]["values"]
        for r in records
        if r["type"] == "proposed"
    }
    ended = [r["outcome"] for r in records if r["type"] == "ended"]
    assert len({o["trial_id"] for o in ended}) == len(ended)
    return {o["trial_id"]: (values[o["trial_id"]], o["metrics"]["loss"]) for o in ended}


def completed(folder):
    """Returns the scores of trials that have an outcome, told or only on disk."""
    scores = {}
    for path in (folder / "studies").glob("*/trials/*"):
        outcome = read_outcome(str(path))
        if outcome is not None:
            scores[outcome.trial_id] = outcome.metrics["loss"]
    return scores


def begun(folder):
    path = folder / "begun.log"
    return path.read_text().split() if path.exists() else []


def kill_once(folder, rng, target, tally):
    """Runs the search up to a random event, kills, and checks what was complete."""
    before, had_begun = completed(folder), len(begun(folder))
    command = [sys.executable, "-m", "tests.chaos.search", str(folder)]
    command += ["--seconds", str(rng.choice([0.02, 0.1, 0.2]))]
    if target == "journal":
        command += ["--die-in-append", str(rng.randint(1, 6))]
        command += ["--fraction", str(rng.random())]
    driver = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    if target == "journal":
        driver.wait(timeout=60)
        killed = driver.returncode == -signal.SIGKILL
    else:
        killed = kill(driver, rng, target)
    driver.stdout.close()
    tally.kills += killed
    again = set(begun(folder)[had_begun:])
    tally.begun_again += len(again & before.keys())
    after = completed(folder)
    tally.lost += sum(after.get(trial) != score for trial, score in before.items())


def kill(driver, rng, target):
    header = driver.stdout.readline().split()
    for _ in range(rng.randint(0, 5)):
        driver.stdout.readline()
    killed = False
    if target in ("worker", "both"):
        for pid in _workers(int(header[1])):
            killed |= _sigkill(pid)
    if target in ("driver", "both"):
        killed |= _sigkill(driver.pid)
    driver.communicate(timeout=60)
    return killed


def _workers(session):
    """Returns the workers of a pool: processes of its session but its leader."""
    pids = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(stat.parent.name)
        if int(fields[3]) == session and pid != session:
            pids.append(pid)
    return pids[:1]


def _sigkill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def main(folder, num_kills=50, seed=0):
    """Kills `num_kills` times over several searches; returns tally and comparisons."""
    rng, tally, same = random.Random(seed), Tally(), []
    undisturbed = folder / "undisturbed"
    undisturbed.mkdir()
    finish(undisturbed)
    expected = final_trials(undisturbed)
    number = 0
    while tally.kills < num_kills:
        number += 1
        here = folder / f"disturbed-{number}"
        here.mkdir()
        for _ in range(8):
            kill_once(here, rng, rng.choice(_TARGETS), tally)
        finish(here)
        same.append(final_trials(here) == expected)
    return tally, same


_TARGETS = ("driver", "worker", "both", "journal")

if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as where:
        result, equal = main(Path(where), int((sys.argv[1:] or ["50"])[0]))
    sys.stdout.write(
        json.dumps({**dataclasses.asdict(result), "same_final_trials": equal}) + "\n"
    )
