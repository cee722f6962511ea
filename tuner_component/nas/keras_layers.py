"""What a Keras layer is in terms of `morphism`; one with an activation is two."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tuner_component.morphism.network import (
    ACTIVATION,
    ADD,
    BATCH_NORM,
    CONCAT,
    CONV,
    DENSE,
    DEPTHWISE,
    FLATTEN,
    INPUT,
    OTHER,
    UNITWISE,
    Node,
)

_DOES_NOTHING = ("Identity", "ActivityRegularization", "Dropout", "AlphaDropout")
"""Of these and those that only change what is trained, when it is not trained."""
_TRAINING_ONLY = ("SpatialDropout", "Gaussian", "Random")
_UNITWISE = (
    "MaxPooling",
    "AveragePooling",
    "Global",
    "ZeroPadding",
    "UpSampling",
    "Cropping",
)
_UNNAMED = ("input_layer", "input_")
"""What the names of inputs begin with that were given none: they are counted."""
_NO_FACTS = ("name", "dtype", "trainable")


@dataclasses.dataclass(frozen=True)
class Part:
    """A layer or a part of one.

    Attributes:
        node: It, without inputs and arrays.
        variables: Its variables, by the names of its weights.
    """

    node: Node
    variables: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def does_nothing(layer: Any) -> bool:
    """Returns whether a model without the layer would compute the same."""
    name = type(layer).__name__
    is_linear = name == "Activation" and _function(layer.activation) == "linear"
    named = name in _DOES_NOTHING or name.startswith(_TRAINING_ONLY)
    return is_linear or (_is_keras(layer) and named)


def parts_of(layer: Any, output: Any, reads: Sequence[tuple[Any, ...]]) -> list[Part]:
    """Returns what a layer consists of.

    Args:
        layer: A built layer.
        output: The tensor that it returns.
        reads: The shapes that it reads.
    """
    name = type(layer).__name__
    if _is_keras(layer) and getattr(layer, "data_format", "") != "channels_first":
        if name in _KNOWN:
            return _KNOWN[name](layer, output, reads)
        if name.startswith(_UNITWISE):
            return [Part(_node(UNITWISE, layer, output, _facts(layer)))]
        if name == "InputLayer":
            own = "" if layer.name.startswith(_UNNAMED) else layer.name
            facts = {"name": own, "shape": tuple(output.shape)}
            return [Part(_node(INPUT, layer, output, facts))]
    return [whole(layer, output)]


def whole(layer: Any, output: Any = None, index: int = 0) -> Part:
    """Returns a layer of which nothing is known but its arrays."""
    variables = getattr(layer, "weights", ())
    names = {f"{place}": variable for place, variable in enumerate(variables)}
    return Part(_node(OTHER, layer, output, {**_facts(layer), "output": index}), names)


def _dense(layer: Any, output: Any, _: Any) -> list[Part]:
    node = _node(DENSE, layer, output, {})
    return [Part(node, _kernel(layer, layer.kernel)), *_activation(layer, output)]


def _conv(layer: Any, output: Any, _: Any) -> list[Part]:
    if layer.groups != 1:
        return [whole(layer, output)]
    node = _node(CONV, layer, output, _window(layer))
    return [Part(node, _kernel(layer, layer.kernel)), *_activation(layer, output)]


def _depthwise(layer: Any, output: Any, _: Any) -> list[Part]:
    if layer.depth_multiplier != 1:
        return [whole(layer, output)]
    kernel = layer.kernel if hasattr(layer, "kernel") else layer.depthwise_kernel
    node = _node(DEPTHWISE, layer, output, _window(layer))
    return [Part(node, _kernel(layer, kernel)), *_activation(layer, output)]


def _separable(layer: Any, output: Any, reads: Sequence[tuple[Any, ...]]) -> list[Part]:
    """A depthwise convolution, and a convolution that looks at one place each."""
    if layer.depth_multiplier != 1:
        return [whole(layer, output)]
    rank = len(layer.kernel_size)
    first = _node(DEPTHWISE, layer, output, _window(layer))
    first = dataclasses.replace(first, size=int(reads[0][-1]))
    facts = {
        "kernel_size": (1,) * rank,
        "strides": (1,) * rank,
        "padding": "same",
        "dilation": (1,) * rank,
    }
    second = _node(CONV, layer, output, facts)
    return [
        Part(first, {"kernel": layer.depthwise_kernel}),
        Part(second, _kernel(layer, layer.pointwise_kernel)),
        *_activation(layer, output),
    ]


def _batch_norm(
    layer: Any, output: Any, reads: Sequence[tuple[Any, ...]]
) -> list[Part]:
    axis = layer.axis[0] if isinstance(layer.axis, list | tuple) else layer.axis
    if axis not in (-1, len(reads[0]) - 1):
        return [whole(layer, output)]
    named = {
        "gamma": layer.gamma,
        "beta": layer.beta,
        "mean": layer.moving_mean,
        "variance": layer.moving_variance,
    }
    node = _node(BATCH_NORM, layer, output, {"epsilon": float(layer.epsilon)})
    return [Part(node, {name: v for name, v in named.items() if v is not None})]


def _flatten(layer: Any, output: Any, _: Any) -> list[Part]:
    return [Part(_node(FLATTEN, layer, output, {}))]


def _add(layer: Any, output: Any, reads: Sequence[tuple[Any, ...]]) -> list[Part]:
    is_plain = len(reads) > 1 and len({shape[1:] for shape in reads}) == 1
    if not is_plain:
        return [whole(layer, output)]
    return [Part(_node(ADD, layer, output, {}))]


def _concatenate(
    layer: Any, output: Any, reads: Sequence[tuple[Any, ...]]
) -> list[Part]:
    if layer.axis not in (-1, len(reads[0]) - 1):
        return [whole(layer, output)]
    return [Part(_node(CONCAT, layer, output, {}))]


def _activation(layer: Any, output: Any, _: Any = None) -> list[Part]:
    function = _function(layer.activation)
    if function == "linear":
        return []
    if _is_keras(layer.activation):
        return [Part(_node(ACTIVATION, layer, output, {"function": function}))]
    facts = {"function": repr(layer.activation)}
    return [Part(_node(OTHER, layer, output, facts))]


def _rectifier(layer: Any, output: Any, _: Any) -> list[Part]:
    slope = float(getattr(layer, "negative_slope", 0.0))
    is_plain = float(layer.threshold) == 0 and slope == 0
    name = {None: "relu", 6.0: "relu6"}.get(layer.max_value, "") if is_plain else ""
    if not name:
        return [whole(layer, output)]
    return [Part(_node(ACTIVATION, layer, output, {"function": name}))]


def _named(function: str) -> Callable[..., list[Part]]:
    def parts(layer: Any, output: Any, _: Any) -> list[Part]:
        facts = {"function": function, **_facts(layer)}
        return [Part(_node(ACTIVATION, layer, output, facts))]

    return parts


_KNOWN: Mapping[str, Callable[..., list[Part]]] = {
    "Dense": _dense,
    **{f"Conv{rank}D": _conv for rank in (1, 2, 3)},
    **{f"DepthwiseConv{rank}D": _depthwise for rank in (1, 2)},
    **{f"SeparableConv{rank}D": _separable for rank in (1, 2)},
    "BatchNormalization": _batch_norm,
    "Flatten": _flatten,
    "Add": _add,
    "Concatenate": _concatenate,
    "Activation": _activation,
    "ReLU": _rectifier,
    "LeakyReLU": _named("leaky_relu"),
    "ELU": _named("elu"),
    "Softmax": _named("softmax"),
}


def _node(kind: str, layer: Any, output: Any, facts: Mapping[str, Any]) -> Node:
    size = output.shape[-1] if output is not None and len(output.shape) > 1 else None
    label = getattr(layer, "name", type(layer).__name__)
    return Node(kind, (), int(size or 0), facts=facts, label=label)


def _kernel(layer: Any, kernel: Any) -> dict[str, Any]:
    bias = getattr(layer, "bias", None)
    return {"kernel": kernel} if bias is None else {"kernel": kernel, "bias": bias}


def _window(layer: Any) -> dict[str, Any]:
    return {
        "kernel_size": tuple(layer.kernel_size),
        "strides": tuple(layer.strides),
        "padding": layer.padding,
        "dilation": tuple(layer.dilation_rate),
    }


def _facts(layer: Any) -> dict[str, Any]:
    """Returns the class and its options, as text: values of any kind are equal then."""
    config = layer.get_config() if hasattr(layer, "get_config") else {}
    known = {name: value for name, value in config.items() if name not in _NO_FACTS}
    return {"class": type(layer).__name__, "options": repr(known)}


def _function(function: Any) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _is_keras(thing: Any) -> bool:
    return str(thing.__module__).split(".")[0] in ("keras", "tf_keras")
