"""Cells: a small graph whose every edge is an operation."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

from tuner_component.errors import SearchSpaceError
from tuner_component.nas import assembly, shapes
from tuner_component.nas.checks import check_integer, check_name
from tuner_component.nas.operations import Operations, read
from tuner_component.search_space.wiring import Edge, Wiring


@dataclasses.dataclass(frozen=True)
class Cell:
    """A graph of nodes; an operation is searched for the edge between every two.

    Called more than once, it gives cells of the same architecture with weights of
    their own, as in a stack of normal and reduction cells.

        cell = nas.Cell(nas.convolutions(), num_nodes=4)
        for width in (16, 32):
            tensor = cell(hp, tensor, width=width, strides=2)

    Attributes:
        operations: By name.
        num_nodes: Nodes, the inputs and the output included; at most 8.
        num_inputs: How many tensors the cell is given, >= 1.
        merge: How the output node joins what leads to it; the others add.
        name: Its hyperparameters are `<name>_<from>_<to>`.

    Raises:
        SearchSpaceError: If it has no path from an input to the output.

    Reference:
        Dong and Yang, 2020, NAS-Bench-201, arXiv:2001.00326, Section 2.1: that cell is
        `Cell(..., num_nodes=4)`.
    """

    operations: Operations
    num_nodes: int = 4
    num_inputs: int = 1
    merge: Literal["add", "concat"] = "add"
    name: str = "cell"

    def __post_init__(self) -> None:
        check_name(self.name)
        check_integer(self.name, "num_inputs", self.num_inputs, 1, 7)
        check_integer(self.name, "num_nodes", self.num_nodes, self.num_inputs + 1, 8)
        if self.merge not in ("add", "concat"):
            raise SearchSpaceError(
                f"The architecture {self.name!r} received merge={self.merge!r}; "
                "expected 'add' or 'concat'."
            )
        object.__setattr__(self, "operations", read(self.name, self.operations))

    @property
    def wiring(self) -> Wiring:
        """Which hyperparameter chooses which edge."""
        return Wiring(
            name=self.name,
            num_inputs=self.num_inputs,
            output=self.num_nodes - 1,
            edges=tuple(
                Edge(source, target, (f"{self.name}_{source}_{target}",))
                for target in range(self.num_inputs, self.num_nodes)
                for source in range(target)
            ),
            kinds=assembly.kinds(read(self.name, self.operations)),
            merges=f"={self.merge}",
        )

    def declare(self, hp: Any) -> Wiring:
        """Asks for the cell's hyperparameters without building it."""
        scoped = assembly.declare(hp, self.wiring)
        operations = read(self.name, self.operations)
        for edge in self.wiring.edges:
            hp.Choice(
                edge.labels[0], list(operations), default=assembly.default(operations)
            )
        return scoped

    def __call__(self, hp: Any, *tensors: Any, width: int, strides: int = 1) -> Any:
        """Returns the output of a cell for `num_inputs` tensors.

        Args:
            hp: KerasTuner's `HyperParameters`.
            *tensors: Keras tensors; each gets `width` features by a linear layer, and
                larger images and sequences are reduced to the smallest.
            width: Features or filters of every operation, >= 1.
            strides: How much smaller the cell makes images, >= 1; a reduction cell
                has 2.

        Raises:
            InfeasibleTrialError: If the configuration has no path to the output.
            SearchSpaceError: If tensors do not fit.
        """
        wiring = self.declare(hp)
        if len(tensors) != self.num_inputs:
            raise SearchSpaceError(
                f"The architecture {self.name!r} received {len(tensors)} tensors; "
                f"expected num_inputs={self.num_inputs}."
            )
        least = min(_size(tensor) for tensor in tensors)
        inputs = [
            shapes.fitted(tensor, width, strides * max(_size(tensor) // least, 1))
            for tensor in tensors
        ]
        operations = read(self.name, self.operations)
        return assembly.build(wiring, hp.values, operations, inputs, width)


def _size(tensor: Any) -> int:
    """Returns the rows of an image or the steps of a sequence; 1 where unknown."""
    return (tensor.shape[1] or 1) if len(tensor.shape) > 2 else 1
