"""Chains: layers or blocks one after the other, as many as the search likes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from tuner_component.errors import SearchSpaceError
from tuner_component.nas import assembly
from tuner_component.nas.checks import check_integer, check_name
from tuner_component.nas.operations import Operations, read, without_none
from tuner_component.search_space.wiring import SKIP, Edge, Wiring

_MOST = 64


@dataclasses.dataclass(frozen=True)
class Chain:
    """Operations in a row; each place has one of its own, and perhaps its own width.

        chain = nas.Chain(nas.dense(), max_depth=4, widths=(16, 32, 64))
        hidden = chain(hp, features)

    Attributes:
        operations: By name; `none` has no meaning in a chain and is left out.
        max_depth: Places at most, 1 to 64.
        min_depth: Places at least; the default depth.
        widths: What the features or filters of a place can be; with a single value,
            it is that everywhere.
        name: Its hyperparameters are `<name>_depth`, `<name>_<place>` and
            `<name>_<place>_width`.

    Raises:
        SearchSpaceError: If there is nothing to put in a place.
    """

    operations: Operations
    max_depth: int = 4
    min_depth: int = 1
    widths: Sequence[int] = (32,)
    name: str = "chain"

    def __post_init__(self) -> None:
        check_name(self.name)
        check_integer(self.name, "max_depth", self.max_depth, 1, _MOST)
        check_integer(self.name, "min_depth", self.min_depth, 1, self.max_depth)
        object.__setattr__(self, "widths", checked_widths(self.name, self.widths))
        kept = without_none(self.name, self.operations)
        object.__setattr__(self, "operations", kept)

    @property
    def wiring(self) -> Wiring:
        """Which hyperparameters choose which place."""
        return Wiring(
            name=self.name,
            num_inputs=1,
            output=self.max_depth,
            edges=tuple(
                Edge(place, place + 1, labels(f"{self.name}_{place}", self.widths))
                for place in range(self.max_depth)
            ),
            kinds=assembly.kinds(read(self.name, self.operations)),
            owned=(f"{self.name}_depth",) if self._is_variable else (),
            absent=SKIP,
        )

    @property
    def _is_variable(self) -> bool:
        return self.min_depth < self.max_depth

    def declare(self, hp: Any) -> Wiring:
        """Asks for the chain's hyperparameters without building it."""
        scoped = assembly.declare(hp, self.wiring)
        if not self._is_variable:
            places(hp, self.name, range(self.max_depth), self.operations, self.widths)
            return scoped
        depth = f"{self.name}_depth"
        hp.Int(depth, self.min_depth, self.max_depth, default=self.min_depth)
        places(hp, self.name, range(self.min_depth), self.operations, self.widths)
        for place in range(self.min_depth, self.max_depth):
            with hp.conditional_scope(
                depth, list(range(place + 1, self.max_depth + 1))
            ):
                places(hp, self.name, [place], self.operations, self.widths)
        return scoped

    def __call__(self, hp: Any, tensor: Any) -> Any:
        """Returns the output of the chain.

        Args:
            hp: KerasTuner's `HyperParameters`.
            tensor: A Keras tensor.
        """
        wiring = self.declare(hp)
        operations = read(self.name, self.operations)
        return assembly.build(wiring, hp.values, operations, [tensor], self.widths[0])


def labels(place: str, widths: Sequence[int]) -> tuple[str, ...]:
    """Returns the hyperparameters of a place."""
    return (place, f"{place}_width") if len(widths) > 1 else (place,)


def places(
    hp: Any,
    name: str,
    numbers: Sequence[int],
    operations: Operations,
    widths: Sequence[int],
) -> None:
    """Asks what is in the places with these numbers."""
    made = read(name, operations)
    for number in numbers:
        place = f"{name}_{number}"
        hp.Choice(place, list(made), default=assembly.default(made))
        if len(widths) > 1:
            hp.Choice(f"{place}_width", list(widths), ordered=True, default=widths[0])


def checked_widths(owner: str, widths: object) -> tuple[int, ...]:
    """Returns widths in ascending order.

    Raises:
        SearchSpaceError: If they are not positive integers.
    """
    given = [widths] if isinstance(widths, int) else list(widths or ())  # type: ignore[call-overload]
    if not given:
        raise SearchSpaceError(
            f"The architecture {owner!r} received no widths; expected at least one "
            "positive integer, widths=(16, 32) say."
        )
    for width in given:
        check_integer(owner, "a width", width, 1, 1 << 20)
    return tuple(sorted(set(given)))
