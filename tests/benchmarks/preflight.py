"""Seconds from the start of a step to the message, for everything it must refuse."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.parts.figures import Figure, report
from tests.step import cases as preflight_cases
from tests.step import fixtures as step_fixtures
from tuner_component.errors import TunerError

_GOAL_SECONDS = 10.0


def _measure(case, inputs):
    with tempfile.TemporaryDirectory() as folder:
        begin = time.monotonic()
        try:
            case(inputs, Path(folder))
        except (TunerError, ValueError) as error:
            return time.monotonic() - begin, " ".join(str(error).split())
    raise RuntimeError(f"{case.__name__} was not refused")


def main():
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        inputs = step_fixtures.write_inputs(Path(folder))
        for case in filter(preflight_cases.is_possible, preflight_cases.CASES):
            seconds, message = _measure(case, inputs)
            sys.stdout.write(
                f"{seconds:6.2f} s  {case.__name__}\n          {message[:200]}\n"
            )
            name = f"preflight {case.__name__}, seconds"
            figures.append(Figure(name, seconds, _GOAL_SECONDS))
    return report("preflight", figures)


if __name__ == "__main__":
    sys.exit(main())
