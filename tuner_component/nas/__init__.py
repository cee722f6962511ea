"""Architectures to search, written inside an ordinary `build_model(hp)`.

Each is a description that is called with `hp` and a Keras tensor, and returns a tensor:

    from tuner_component import nas

    def build_model(hp):
        image = keras.Input((28, 28, 1))
        cell = nas.Cell(nas.convolutions(), num_nodes=4)
        tensor = image
        for width in (16, 32):
            tensor = cell(hp, tensor, width=width, strides=2)
        ...
        return nas.limit(model, max_parameters=50_000)

All that it asks for are hyperparameters of KerasTuner, so the Trainer rebuilds the
winner from `best_hyperparameters` alone. One more, named like the architecture, says
which configurations are the same graph: the strategies try one of them.
"""

from __future__ import annotations

from tuner_component.nas.branches import Branches
from tuner_component.nas.cell import Cell
from tuner_component.nas.chain import Chain
from tuner_component.nas.limits import limit
from tuner_component.nas.operations import (
    Operation,
    convolutions,
    dense,
    free,
    none,
    recurrent,
    skip,
)
from tuner_component.nas.size import latency_seconds, num_flops
from tuner_component.nas.stack import Stack
from tuner_component.search_space.wiring import architecture_hash

__all__ = [
    "Branches",
    "Cell",
    "Chain",
    "Operation",
    "Stack",
    "architecture_hash",
    "convolutions",
    "dense",
    "free",
    "latency_seconds",
    "limit",
    "none",
    "num_flops",
    "recurrent",
    "skip",
]
