"""Makes tensors fit together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tuner_component.errors import SearchSpaceError


def merge(owner: str, how: str, tensors: Sequence[Any]) -> Any:
    """Returns tensors joined into one; a single one is itself.

    The larger images and sequences are pooled to the smallest. For `"add"`, those
    with fewer features get as many as the widest, by a linear layer.

    Args:
        owner: The architecture's name, for errors.
        how: `"add"` or `"concat"`.
        tensors: At least one.

    Raises:
        SearchSpaceError: If they have different numbers of dimensions, or a size that
            is no multiple of the smallest.
    """
    import keras

    if len(tensors) == 1:
        return tensors[0]
    if len({len(tensor.shape) for tensor in tensors}) > 1:
        raise _unfit(owner, tensors, "have different numbers of dimensions")
    sizes = [tensor.shape[1:-1] for tensor in tensors]
    # A sequence may have any number of steps, which is None.
    least = [min((n for n in axis if n), default=None) for axis in zip(*sizes)]  # noqa: B905 - one length
    pooled = [_pooled(owner, tensor, least, tensors) for tensor in tensors]
    if how == "concat":
        return keras.layers.Concatenate()(pooled)
    width = max(tensor.shape[-1] for tensor in pooled)
    return keras.layers.Add()([fitted(tensor, width) for tensor in pooled])


def fitted(tensor: Any, width: int, strides: int = 1) -> Any:
    """Returns a tensor with so many features, by a linear layer if it has others.

    Args:
        tensor: Shape `(batch, ..., features)`.
        width: Features or filters.
        strides: Of images and sequences, only every so many rows and columns, or
            steps, are kept; >= 1.
    """
    import keras

    rank = len(tensor.shape)
    if tensor.shape[-1] == width and strides == 1:
        return tensor
    if strides == 1 or rank == 2:
        return keras.layers.Dense(width, use_bias=False)(tensor)
    kind = {3: keras.layers.Conv1D, 4: keras.layers.Conv2D}[rank]
    return kind(width, 1, strides=strides, padding="same", use_bias=False)(tensor)


def _pooled(
    owner: str, tensor: Any, least: Sequence[int | None], tensors: Sequence[Any]
) -> Any:
    """Returns an image or a sequence reduced to the `least` size."""
    import keras

    sizes = tensor.shape[1:-1]
    if list(sizes) == list(least):
        return tensor
    known = all(size and few for size, few in zip(sizes, least, strict=True))
    if not known or any(n % few for n, few in zip(sizes, least, strict=True)):
        raise _unfit(owner, tensors, "have sizes that are no multiples of each other")
    factors = tuple(n // few for n, few in zip(sizes, least, strict=True))
    kinds = {3: keras.layers.MaxPooling1D, 4: keras.layers.MaxPooling2D}
    return kinds[len(tensor.shape)](factors)(tensor)


def _unfit(owner: str, tensors: Sequence[Any], why: str) -> SearchSpaceError:
    shapes = [tuple(tensor.shape) for tensor in tensors]
    return SearchSpaceError(
        f"The architecture {owner!r} cannot merge tensors of the shapes {shapes}, "
        f"which {why}; expected such as can be pooled to one size. Check its "
        "operations: each should keep the number of dimensions and, with "
        "padding='same', the size."
    )
