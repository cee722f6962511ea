"""Search problems whose answers were tabulated by others from real trainings.

task = nasbench201()
trials = simulate(Random(task.space, seed), task, num_trials=50, seed=seed)
regrets(task, trials)  # after each trial
"""

from tests.benchmarks.tables.curves import lcbench, lcdb, taskset
from tests.benchmarks.tables.data import is_there
from tests.benchmarks.tables.grids import fcnet, hpobench, nasbench201
from tests.benchmarks.tables.simulation import Searcher, run, simulate
from tests.benchmarks.tables.task import CurveTask, Task, regrets

__all__ = [
    "CurveTask",
    "Searcher",
    "Task",
    "fcnet",
    "hpobench",
    "is_there",
    "lcbench",
    "lcdb",
    "nasbench201",
    "regrets",
    "run",
    "simulate",
    "taskset",
]
