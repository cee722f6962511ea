"""What earlier studies of other data are worth: `make bench-warm_start`.

Each task of a family is searched with and without three studies of other tasks, 50
random trials each; and with the same studies turned round, their best trials called
the worst.
"""

from __future__ import annotations

import argparse
import functools
import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from tests.benchmarks.parts.figures import Figure, report
from tests.benchmarks.tables.data import FOLDER, is_there
from tests.benchmarks.tables.families import tasks_named
from tests.benchmarks.tables.runs import digest, strategies_version
from tests.benchmarks.tables.simulation import simulate
from tests.benchmarks.tables.statistics import interval
from tests.benchmarks.tables.task import Task, regrets
from tuner_component.strategies import registry
from tuner_component.strategies.prior_studies import PriorStudy, PriorTrial

BUDGETS = (10, 20, 50)
ARMS = {"without": 0, "earlier studies": 1, "reversed": -1}
"""What the losses of the earlier studies are multiplied by."""

_CACHE = Path("build/bench/warm_start")
_NUM_STUDIES = 3
_NUM_TRIALS = 50
_AT_MOST = {"earlier studies": 0.8, "reversed": 1.15}


def earlier_study(task: Task, seed: int, sign: int) -> PriorStudy:
    """Returns random trials of a task."""
    rng = np.random.default_rng([seed, 1])
    found = []
    for number in range(_NUM_TRIALS):
        values = task.space.sample(rng)
        found.append((values, task.loss(values, number)))
    known = [PriorTrial(v, sign * loss) for v, loss in found if math.isfinite(loss)]
    return PriorStudy(task.name, tuple(known))


def others(task: Task, tasks: Sequence[Task]) -> list[Task]:
    """Returns the tasks that follow in the family, from its beginning after its end."""
    at = [each.name for each in tasks].index(task.name)
    return [*tasks[at + 1 :], *tasks[:at]][:_NUM_STUDIES]


def run(strategy: str, task: Task, tasks: Sequence[Task], seed: int, sign: int) -> list:
    """Returns the regret at each budget."""
    studies = [earlier_study(other, seed, sign) for other in others(task, tasks)]
    found = simulate(
        registry.create(strategy, task.space, seed, {}, studies if sign else ()),
        task,
        max(BUDGETS),
        seed,
    )
    return [float(regrets(task, found)[budget - 1]) for budget in BUDGETS]


@functools.cache
def _version() -> str:
    return strategies_version() + digest([Path(__file__)])


def _kept(
    strategy: str, task: Task, tasks: Sequence[Task], seed: int, arm: str
) -> list:
    key = f"{strategy} {task.name} {arm} {seed} {_version()}"
    path = _CACHE / f"{key.replace('/', ' ')}.json"
    if not path.exists():
        found = run(strategy, task, tasks, seed, ARMS[arm])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(found))
    return json.loads(path.read_text())


def figures(strategy: str, family: str, found: np.ndarray) -> Iterator[Figure]:
    """Yields regrets in shares of the regret without earlier studies.

    Args:
        strategy: Its name.
        family: Of the tasks.
        found: Regrets, shape (seeds, tasks, arms, budgets).
    """
    means = found.mean(axis=(0, 1))
    for arm, name in list(enumerate(ARMS))[1:]:
        for at, budget in enumerate(BUDGETS):
            title = f"{strategy}, {family}, {name}: regret at {budget} / without"
            share = float(means[arm, at] / means[0, at])
            yield Figure(title, share, _AT_MOST[name])


def _measure(strategy: str, family: str, options: argparse.Namespace) -> np.ndarray:
    tasks = tasks_named([family])
    chosen = tasks[: options.tasks]
    begin = time.monotonic()
    found = []
    for seed in range(options.seeds):
        if time.monotonic() - begin > 60 * options.minutes and seed:
            break
        found.append(
            [[_kept(strategy, t, tasks, seed, arm) for arm in ARMS] for t in chosen]
        )
    return np.array(found)


def _print(strategy: str, family: str, found: np.ndarray) -> None:
    head = f"\n{strategy}, {family}: {found.shape[1]} tasks, {len(found)} seeds"
    sys.stdout.write(f"{head}; mean regret ± 95 % after {BUDGETS} trials\n")
    for arm, name in enumerate(ARMS):
        cells = []
        for at in range(len(BUDGETS)):
            mean, half = interval(found[:, :, arm, at].mean(axis=1).tolist())
            cells.append(f"{mean:.4f} ± {half:.4f}")
        sys.stdout.write(f"  {name:16} {'   '.join(cells)}\n")
    sys.stdout.flush()


def main() -> int:
    options = _options()
    if not is_there():
        sys.stderr.write(f"The benchmark needs the tables in {FOLDER}.\n")
        return 2
    found = []
    for strategy in options.strategies.split(","):
        for family in options.families.split(","):
            measured = _measure(strategy, family, options)
            _print(strategy, family, measured)
            found += figures(strategy, family, measured)
    return report("warm_start", found)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--strategies", default="bayesian,random", help="with commas")
    add("--families", default="hpobench_mlp,lcbench", help="with commas")
    add("--tasks", type=int, default=4, help="of a family, that are searched")
    add("--seeds", type=int, default=20)
    add("--minutes", type=float, default=math.inf, help="then no new seed of a family")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
