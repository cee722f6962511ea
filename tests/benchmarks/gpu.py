"""Times training by graphs, alone and together, beside Keras' `fit` on a GPU.

`make bench-gpu` prints steps a second of wall time, after whatever is compiled is; a step
of a model that trains with others counts as one. Without a GPU that TensorFlow sees it
says so and measures nothing.
ARGS="small" runs one of the models small, tabular and images; "search" a whole search.
"""

from __future__ import annotations

import dataclasses
import statistics
import sys
import time
from collections.abc import Callable

from tests.benchmarks import speed_training
from tests.benchmarks.parts import gpu_search
from tests.benchmarks.parts.figures import Figure, report

_ROUNDS = 3
_LONG = 3_500  # Steps; so many are worth compiling.
_CASES = {
    "small": (speed_training.small, 64),
    "tabular": (speed_training.tabular, 16),
    "images": (speed_training.images, 1),
}
_SEARCH = "search"
_GAIN, _GAIN_TOGETHER = 1.0, 10.0  # Never slower than `fit`; an order of magnitude.


def main() -> int:
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        sys.stdout.write("Nothing is measured: TensorFlow sees no GPU here.\n")
        return 0
    tf.config.experimental.set_memory_growth(gpus[0], True)
    names = sys.argv[1:] or [*_CASES, _SEARCH]
    return report("gpu", [figure for name in names for figure in _figures(name)])


def _figures(name: str) -> list[Figure]:
    if name == _SEARCH:
        return gpu_search.figures()
    make_case, count = _CASES[name]
    case = make_case()
    steps = -(-len(case.arrays["__label__"]) // case.batch_size)
    case = dataclasses.replace(case, epochs=(1, -(-_LONG // steps)))
    ways = {"fit": (speed_training.by_fit, 1), "graphs": (speed_training.by_graphs, 1)}
    if count > 1:
        ways[f"{count} together"] = (
            lambda case: speed_training.together(case, count),
            count,
        )
    trained: dict[str, tuple[Callable[[int], None], int]] = {}
    for way, (make, num_models) in ways.items():
        began = time.perf_counter()
        trained[way] = make(case), num_models
        seconds = time.perf_counter() - began
        sys.stdout.write(f"{case.name}, {way}: ready after {seconds:.0f} s\n")
    rates = _rates(trained, steps)
    sys.stdout.write(f"{case.name}, steps a second: {rates}\n")
    gains = [_GAIN, _GAIN_TOGETHER]
    return [
        Figure(f"{case.name}: {way} / fit", rates[way] / rates["fit"], gain, True)
        for way, gain in zip(list(ways)[1:], gains, strict=False)
    ]


def _rates(
    trained: dict[str, tuple[Callable[[int], None], int]], steps: int
) -> dict[str, int]:
    """Returns medians of interleaved runs."""
    rates: dict[str, list[float]] = {way: [] for way in trained}
    for _ in range(_ROUNDS):
        for way, (train, num_models) in trained.items():
            epochs = -(-(200 if way == "fit" else _LONG) // steps)
            began = time.perf_counter()
            train(epochs)
            seconds = time.perf_counter() - began
            rates[way].append(steps * epochs * num_models / seconds)
    return {way: round(statistics.median(found)) for way, found in rates.items()}


if __name__ == "__main__":
    sys.exit(main())
