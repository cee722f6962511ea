"""Stacks of cells: stages of normal cells with a reduction before each."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from tuner_component.errors import SearchSpaceError
from tuner_component.nas import assembly, shapes
from tuner_component.nas.cell import Cell
from tuner_component.nas.chain import checked_widths
from tuner_component.nas.checks import check_integer, check_name


@dataclasses.dataclass(frozen=True)
class Stack:
    """Cells one after the other: what micro search puts its cells in.

    Stages of `max_cells` normal cells at most, the same number in each; between two
    stages a reduction halves images and doubles the width. Cells with two inputs get
    the outputs of the two cells before them.

        stack = nas.Stack(nas.Cell(nas.convolutions()), num_stages=3, widths=(8, 16))
        tensor = stack(hp, tensor)

    Attributes:
        normal: The cell of the stages.
        reduction: The cell between them; None: a linear layer with strides.
        num_stages: Stages, 1 to 8.
        max_cells: Cells of a stage at most, 1 to 32; the default is 1.
        widths: What the width of the first stage can be.
        name: Its hyperparameters are `<name>_cells` and `<name>_width`.

    Raises:
        SearchSpaceError: If the cells cannot be stacked.

    Reference:
        Zoph et al., 2018, Learning Transferable Architectures for Scalable Image
        Recognition, arXiv:1707.07012, Figure 2.
    """

    normal: Cell
    reduction: Cell | None = None
    num_stages: int = 3
    max_cells: int = 1
    widths: Sequence[int] = (16,)
    name: str = "stack"

    def __post_init__(self) -> None:
        check_name(self.name)
        check_integer(self.name, "num_stages", self.num_stages, 1, 8)
        check_integer(self.name, "max_cells", self.max_cells, 1, 32)
        object.__setattr__(self, "widths", checked_widths(self.name, self.widths))
        if self.reduction is not None and self.reduction.name == self.normal.name:
            raise SearchSpaceError(
                f"The normal and the reduction cell of {self.name!r} are both named "
                f"{self.normal.name!r}; expected different names, for example "
                "reduction=nas.Cell(..., name='reduction')."
            )
        for cell in (self.normal, self.reduction):
            if cell is not None:
                check_integer(cell.name, "num_inputs", cell.num_inputs, 1, 2)

    def __call__(self, hp: Any, tensor: Any) -> Any:
        """Returns the output of the last cell.

        Args:
            hp: KerasTuner's `HyperParameters`.
            tensor: A Keras tensor.
        """
        num_cells = hp.Int(f"{self.name}_cells", 1, self.max_cells, default=1)
        assembly.check_active(self.name, num_cells)
        width = hp.Choice(f"{self.name}_width", list(self.widths), ordered=True)
        outputs = [tensor, tensor]
        for stage in range(self.num_stages):
            if stage:
                width *= 2
                outputs.append(self._reduced(hp, outputs, width))
            for _ in range(num_cells):
                inputs = outputs[-self.normal.num_inputs :]
                outputs.append(self.normal(hp, *inputs, width=width))
        return outputs[-1]

    def _reduced(self, hp: Any, outputs: Sequence[Any], width: int) -> Any:
        if self.reduction is None:
            return shapes.fitted(outputs[-1], width, strides=2)
        inputs = outputs[-self.reduction.num_inputs :]
        return self.reduction(hp, *inputs, width=width, strides=2)
