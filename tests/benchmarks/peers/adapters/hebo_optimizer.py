"""HEBO. It knows no failed trials: they get the worst loss so far."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import torch
from hebo.design_space.design_space import DesignSpace
from hebo.optimizers.hebo import HEBO

warnings.simplefilter("ignore")


class Adapter:
    def __init__(self, space: list[dict[str, Any]], seed: int, num_trials: int) -> None:
        np.random.seed(seed)  # noqa: NPY002  its own draws use the global generator
        torch.manual_seed(seed)
        self._optimizer = HEBO(
            DesignSpace().parse([_parameter(p) for p in space]), scramble_seed=seed
        )
        self._defaults = {p["name"]: p["default"] for p in space}
        self._trials: dict[int, pd.DataFrame] = {}
        self._worst = 0.0

    def ask(self, number: int) -> dict[str, Any]:
        self._trials[number] = (
            self._optimizer.suggest(1) if number else pd.DataFrame([self._defaults])
        )
        return {name: _plain(value) for name, (value,) in self._trials[number].items()}

    def tell(self, number: int, loss: float | None) -> None:
        if loss is not None:
            self._worst = max(self._worst, loss)
        told = self._worst if loss is None else loss
        self._optimizer.observe(self._trials.pop(number), np.array([[told]]))


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    name = parameter["name"]
    if parameter["kind"] == "choice":
        return {"name": name, "type": "cat", "categories": parameter["values"]}
    kinds = {
        ("float", False): "num",
        ("float", True): "pow",
        ("int", False): "int",
        ("int", True): "pow_int",
    }
    kind = kinds[parameter["kind"], parameter["log"]]
    return {
        "name": name,
        "type": kind,
        "lb": parameter["low"],
        "ub": parameter["high"],
        **({"base": 10} if kind == "pow" else {}),
    }
