"""Which unit of a parent's layer each unit of the child's layer repeats."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from tuner_component.morphism.network import Array


@dataclasses.dataclass(frozen=True)
class Units:
    """What the units of a child's layer are.

    Attributes:
        of: The parent's unit that each repeats; -1: none. Shape `(n,)`.
        shares: How much of it whoever reads it is to take from this one; those of all
            that repeat one unit sum to 1. Shape `(n,)`.
    """

    of: Array
    shares: Array

    @property
    def is_same(self) -> bool:
        """Whether each is the parent's unit at its place."""
        return bool(np.array_equal(self.of, np.arange(len(self.of))))

    def equals(self, other: Units) -> bool:
        """Returns whether both repeat the same units in the same shares."""
        same = np.array_equal(self.of, other.of)
        return bool(same and np.array_equal(self.shares, other.shares))

    def then(self, further: Units) -> Units:
        """Returns what the units are that repeat, as `further` says, these ones."""
        return Units(self.of[further.of], self.shares[further.of] * further.shares)

    def at_each(self, num_places: int) -> Units:
        """Returns the units of all places in a row, as flattening lays them out.

        Args:
            num_places: Of an image: its height times its width.
        """
        num_old = int(self.of.max()) + 1
        places = np.repeat(np.arange(num_places), len(self.of)) * num_old
        of = np.tile(self.of, num_places)
        return Units(
            np.where(of < 0, -1, of + places), np.tile(self.shares, num_places)
        )


def same(size: int) -> Units:
    """Returns the units of a layer that is as wide as before."""
    return Units(np.arange(size), np.ones(size))


def none(size: int) -> Units:
    """Returns units that the parent does not have."""
    return Units(np.full(size, -1), np.zeros(size))


def wider(old: int, new: int, generator: np.random.Generator) -> Units:
    """Returns the units of a layer that has become wider.

    The first are the old ones; the others repeat some of these, drawn at random. Their
    shares are drawn too: with equal ones those that repeat a unit would get the same
    gradients for ever, and stay equal.

    Args:
        old: Units before.
        new: Units now, at least as many.
        generator: Draws.
    """
    of = np.concatenate([np.arange(old), generator.integers(old, size=new - old)])
    drawn = generator.uniform(0.5, 1.5, size=new)
    return Units(of, drawn / np.bincount(of, drawn)[of])


def side_by_side(parts: Sequence[Units], offsets: Sequence[int]) -> Units:
    """Returns the units of a concatenation.

    Args:
        parts: Of what is concatenated.
        offsets: Where the units of each part begin in the parent's concatenation.
    """
    of = [
        np.where(part.of < 0, -1, part.of + offset)
        for part, offset in zip(parts, offsets, strict=True)
    ]
    return Units(np.concatenate(of), np.concatenate([part.shares for part in parts]))
