"""Branches: chains beside each other that meet again, and a way past them."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

from tuner_component.errors import SearchSpaceError
from tuner_component.nas import assembly
from tuner_component.nas.chain import checked_widths, labels, places
from tuner_component.nas.checks import check_integer, check_name
from tuner_component.nas.operations import Operations, read, without_none
from tuner_component.search_space.wiring import Edge, Wiring

_MERGES = ("add", "concat")


@dataclasses.dataclass(frozen=True)
class Branches:
    """Chains that read the same tensor and are merged, with or without that tensor.

        block = nas.Branches(nas.convolutions(), max_branches=3, widths=(8, 16))
        tensor = block(hp, tensor)

    Where they are added, narrow ones get as many features as the widest.

    Attributes:
        operations: By name; `none` has no meaning in a branch and is left out.
        max_branches: Branches at most, 1 to 8.
        max_depth: Operations in a branch, 1 to 8; with `skip` among the operations
            there can be fewer.
        widths: What the features or filters of an operation can be.
        merges: How the branches can be merged: `"add"`, `"concat"` or both.
        with_skip: Whether the tensor itself can be merged with the branches.
        name: Its hyperparameters are `<name>_num`, `<name>_merge`, `<name>_past` and
            `<name>_<branch>_<place>`, `..._width`.

    Raises:
        SearchSpaceError: If an argument is not allowed.
    """

    operations: Operations
    max_branches: int = 3
    max_depth: int = 2
    widths: Sequence[int] = (32,)
    merges: Sequence[str] = _MERGES
    with_skip: bool = True
    name: str = "branches"

    def __post_init__(self) -> None:
        check_name(self.name)
        check_integer(self.name, "max_branches", self.max_branches, 1, 8)
        check_integer(self.name, "max_depth", self.max_depth, 1, 8)
        object.__setattr__(self, "widths", checked_widths(self.name, self.widths))
        merges = [self.merges] if isinstance(self.merges, str) else list(self.merges)
        if not merges or not set(merges) <= set(_MERGES):
            raise SearchSpaceError(
                f"The architecture {self.name!r} received merges={self.merges!r}; "
                f"expected some of {list(_MERGES)}."
            )
        object.__setattr__(self, "merges", tuple(merges))
        kept = without_none(self.name, self.operations)
        object.__setattr__(self, "operations", kept)

    @property
    def wiring(self) -> Wiring:
        """Which hyperparameters choose which edge.

        Node 0 is the input; each branch has a node after every place, and the last
        node is the output.
        """
        output = 1 + self.max_branches * self.max_depth
        edges = []
        for branch in range(self.max_branches):
            first = 1 + branch * self.max_depth
            nodes = [0, *range(first, first + self.max_depth)]
            for place, (source, target) in enumerate(itertools.pairwise(nodes)):
                names = labels(f"{self.name}_{branch}_{place}", self.widths)
                edges.append(Edge(source, target, names))
            edges.append(Edge(nodes[-1], output))
        if self.with_skip:
            edges.append(Edge(0, output, (f"{self.name}_past",)))
        return Wiring(
            name=self.name,
            num_inputs=1,
            output=output,
            edges=tuple(edges),
            kinds={
                **assembly.kinds(read(self.name, self.operations)),
                "True": "skip",
                "False": "none",
            },
            owned=(f"{self.name}_num",) if self.max_branches > 1 else (),
            merges=f"{self.name}_merge"
            if len(self.merges) > 1
            else f"={self.merges[0]}",
        )

    def declare(self, hp: Any) -> Wiring:
        """Asks for the hyperparameters of the branches without building them."""
        scoped = assembly.declare(hp, self.wiring)
        if len(self.merges) > 1:
            hp.Choice(f"{self.name}_merge", list(self.merges))
        if self.with_skip:
            hp.Boolean(f"{self.name}_past")
        self._declare_branch(hp, 0)
        if self.max_branches > 1:
            number = f"{self.name}_num"
            hp.Int(number, 1, self.max_branches, default=1)
            for branch in range(1, self.max_branches):
                more = list(range(branch + 1, self.max_branches + 1))
                with hp.conditional_scope(number, more):
                    self._declare_branch(hp, branch)
        return scoped

    def _declare_branch(self, hp: Any, branch: int) -> None:
        name = f"{self.name}_{branch}"
        places(hp, name, range(self.max_depth), self.operations, self.widths)

    def __call__(self, hp: Any, tensor: Any) -> Any:
        """Returns the branches merged.

        Args:
            hp: KerasTuner's `HyperParameters`.
            tensor: A Keras tensor.

        Raises:
            SearchSpaceError: If the operations give shapes that cannot be merged.
        """
        wiring = self.declare(hp)
        operations = read(self.name, self.operations)
        return assembly.build(wiring, hp.values, operations, [tensor], self.widths[0])
