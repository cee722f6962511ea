"""All tasks by the name of their table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tests.benchmarks.tables.crossing import synthetic
from tests.benchmarks.tables.curves import Curves, lcbench, lcdb, taskset
from tests.benchmarks.tables.grids import Grid, fcnet, hpobench, nasbench201

FAMILIES: dict[str, Callable[[], Sequence[Grid | Curves]]] = {
    "nasbench201": lambda: [nasbench201()],
    "nasbench201_mean": lambda: [nasbench201(noisy=False)],
    "hpobench_mlp": hpobench,
    "fcnet": fcnet,
    "taskset": taskset,
    "lcbench": lcbench,
    "lcdb": lcdb,
    "crossing": lambda: [*synthetic(reverse=False), *synthetic(reverse=True)],
}


def tasks_named(names: Iterable[str]) -> list[Grid | Curves]:
    """Returns the tasks of some families, or those named `FAMILY/TASK`.

    Raises:
        ValueError: If there is no such task.
    """
    found: list[Grid | Curves] = []
    for name in names:
        family, _, rest = name.partition("/")
        tasks = FAMILIES[family]() if family in FAMILIES else ()
        matching = [task for task in tasks if not rest or task.name == name]
        if not matching:
            raise ValueError(
                f"Received the task {name!r}; expected a family of {list(FAMILIES)} "
                "or FAMILY/TASK."
            )
        found += matching
    return found
