"""A search with rungs is killed again and again: no rung is lost or trained twice."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pytest

from tests.chaos import killer
from tests.chaos.search import halving
from tuner_component.journal import open_journal
from tuner_component.study.history import History
from tuner_component.trial import Objective

_TARGETS = ("driver", "worker", "both", "journal")


def start(folder, *options):
    command = [sys.executable, "-m", "tests.chaos.search", str(folder), "--rungs"]
    return subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True)


def finish(folder):
    driver = start(folder, "--seconds", "0.01")
    driver.communicate(timeout=120)
    assert driver.returncode == 0


def lives(folder):
    """Returns trial id to what became of it, from the folder's only study."""
    (path,) = (folder / "studies").glob("*/journal.jsonl")
    history = History((Objective("loss", "min"),))
    for record in open_journal(str(path.parent)).read():
        history.apply(record)
    return {
        t.trial_id: (t.values, t.state, t.fidelity, t.loss, [r.loss for r in t.rungs])
        for t in history.trials
    }


def kept(folder):
    """Returns trial id to the epoch that its training state is of."""
    epochs = {}
    for path in (folder / "studies").glob("*/trials/*/training_state.npz"):
        with np.load(path) as entries:
            text = entries["record"].tobytes().decode()
        epochs[path.parent.name] = int(text.split('"epoch": ')[1].split(",")[0])
    return epochs


def kill_once(folder, rng):
    """Returns how often it killed, and the trials that lost a rung by it."""
    before, had_begun = kept(folder), len(killer.begun(folder))
    target = rng.choice(_TARGETS)
    if target == "journal":
        options = ("--die-in-append", str(rng.randint(1, 12)), "--fraction", "0.5")
        driver = start(folder, "--seconds", "0.02", *options)
        driver.communicate(timeout=120)
        killed = driver.returncode < 0
    else:
        driver = start(folder, "--seconds", "0.05")
        killed = killer.kill(driver, rng, target)
    driver.stdout.close()
    begun = [entry.split(":") for entry in killer.begun(folder)[had_begun:]]
    return killed, [t for t, first, _ in begun if int(first) < before.get(t, 0)]


def run(folder, num_kills, seed):
    rng, kills = random.Random(seed), 0
    for name in ("undisturbed", "disturbed"):
        (folder / name).mkdir()
    finish(folder / "undisturbed")
    while kills < num_kills:
        killed, again = kill_once(folder / "disturbed", rng)
        kills += killed
        assert again == []
        if not killed:
            break
    finish(folder / "disturbed")
    undisturbed = lives(folder / "undisturbed")
    assert lives(folder / "disturbed") == undisturbed
    return kills, undisturbed


def test_an_undisturbed_search_trains_what_is_planned(tmp_path):
    finish(tmp_path)
    begun = [entry.split(":") for entry in killer.begun(tmp_path)]
    trained = sum(int(last) - int(first) for _, first, last in begun)
    assert trained == halving().plan.total_resource


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_kills_repeat_no_rung(tmp_path, seed):
    kills, trials = run(tmp_path, num_kills=10, seed=seed)
    assert kills >= 1
    assert max(fidelity.value for _, _, fidelity, _, _ in trials.values()) == 8
