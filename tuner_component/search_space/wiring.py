"""An architecture as a graph whose edges hyperparameters choose.

A model's code writes the graph down as the value of a `Fixed` hyperparameter, so that
whoever has the space, or a trial's values, knows which configurations are one graph.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping

from tuner_component.search_space.graph_text import Term, merged, text_of
from tuner_component.trial import Value

_PREFIX = "architecture: "
NONE, SKIP, FREE = "none", "skip", "free"


@dataclasses.dataclass(frozen=True)
class Edge:
    """A place for an operation.

    Attributes:
        source: The node that it reads.
        target: The node, of a greater number, that it adds to.
        labels: Hyperparameters: the first names the operation, the others say how it
            is done. None at all: the tensor passes unchanged.
    """

    source: int
    target: int
    labels: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Wire:
    """An edge that takes part in the architecture of a configuration.

    Attributes:
        source: The node that it reads.
        target: The node that it adds to.
        operation: The operation's name; "" for the unchanged tensor.
        further: The values of the edge's further labels.
    """

    source: int
    target: int
    operation: str = ""
    further: tuple[Value, ...] = ()


@dataclasses.dataclass(frozen=True)
class Wiring:
    """A graph of operations between the nodes 0, 1, ...

    Attributes:
        name: Of the `Fixed` hyperparameter that holds it.
        num_inputs: The first so many nodes are given.
        output: The node that counts.
        edges: Where operations are.
        kinds: What some operations are: `"none"` (no edge), `"skip"` (the unchanged
            tensor) or `"free"` (without weights and without further labels). All
            others have weights of their own on every edge.
        owned: Hyperparameters that say which edges there are. Edges whose labels are
            inactive count as `absent`.
        absent: `"none"` or `"skip"`.
        merges: How the output node joins its operands: a hyperparameter's name, or
            `"=add"`, `"=concat"`. All other nodes add.
    """

    name: str
    num_inputs: int
    output: int
    edges: tuple[Edge, ...]
    kinds: Mapping[str, str] = dataclasses.field(default_factory=dict)
    owned: tuple[str, ...] = ()
    absent: str = NONE
    merges: str = "=add"

    @functools.cached_property
    def names(self) -> frozenset[str]:
        """The hyperparameters whose only part is to choose the graph."""
        labels = {label for edge in self.edges for label in edge.labels}
        merge = set() if self.merges.startswith("=") else {self.merges}
        return frozenset({*self.owned, *labels, *merge})

    def renamed(self, name: Callable[[str], str]) -> Wiring:
        """Returns the wiring of hyperparameters with other names.

        Args:
            name: Name to new name.
        """
        return dataclasses.replace(
            self,
            name=name(self.name),
            edges=tuple(
                dataclasses.replace(edge, labels=tuple(map(name, edge.labels)))
                for edge in self.edges
            ),
            owned=tuple(map(name, self.owned)),
            merges=self.merges if self.merges.startswith("=") else name(self.merges),
        )

    def to_text(self) -> str:
        """Returns the value of the hyperparameter that holds the wiring."""
        fields = {
            "inputs": self.num_inputs,
            "output": self.output,
            "edges": [[e.source, e.target, *e.labels] for e in self.edges],
            "kinds": dict(self.kinds),
            "owned": list(self.owned),
            "absent": self.absent,
            "merges": self.merges,
        }
        return _PREFIX + json.dumps(fields, separators=(",", ":"))

    @classmethod
    def from_text(cls, name: str, text: str) -> Wiring:
        """Reads what `to_text` returned."""
        fields = json.loads(text.removeprefix(_PREFIX))
        return cls(
            name=name,
            num_inputs=fields["inputs"],
            output=fields["output"],
            edges=tuple(Edge(e[0], e[1], tuple(e[2:])) for e in fields["edges"]),
            kinds=fields["kinds"],
            owned=tuple(fields["owned"]),
            absent=fields["absent"],
            merges=fields["merges"],
        )

    def merge(self, values: Mapping[str, Value]) -> str:
        """Returns how the output node joins its operands: `"add"` or `"concat"`."""
        if self.merges.startswith("="):
            return self.merges[1:]
        return str(values[self.merges])

    def wires(self, values: Mapping[str, Value]) -> list[Wire]:
        """Returns the edges on a path from an input to the output.

        Args:
            values: A configuration of the space.
        """
        chosen = [wire for edge in self.edges for wire in self._chosen(edge, values)]
        fed = set(range(self.num_inputs))
        for wire in sorted(chosen, key=lambda wire: wire.target):
            if wire.source in fed:
                fed.add(wire.target)
        used = {self.output}
        for wire in sorted(chosen, key=lambda wire: -wire.source):
            if wire.target in used:
                used.add(wire.source)
        return [wire for wire in chosen if wire.source in fed and wire.target in used]

    def canonical(self, values: Mapping[str, Value]) -> str:
        """Returns a text that is the same for equal graphs only.

        The order of the edges into a node does not count, nor the numbers of the
        nodes, nor what is not on a path from an input to the output; and an unchanged
        tensor is the tensor. "" where there is no such path.
        """
        terms: dict[int, Term | None] = {
            node: Term(f"in{node}") for node in range(self.num_inputs)
        }
        wires = list(enumerate(self.wires(values)))
        for node in range(self.num_inputs, self.output + 1):
            into = [
                self._term(number, wire, terms[wire.source])
                for number, wire in wires
                if wire.target == node
            ]
            how = self.merge(values) if node == self.output else "add"
            terms[node] = merged(how, [term for term in into if term is not None])
        output = terms[self.output]
        return "" if output is None else text_of(output)

    def replaced(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Returns `values` with the canonical text instead of what chooses the graph.

        Without change where the architecture is inactive.
        """
        if self.name not in values:
            return dict(values)
        kept = {name: value for name, value in values.items() if name not in self.names}
        return {**kept, self.name: self.canonical(values)}

    def _chosen(self, edge: Edge, values: Mapping[str, Value]) -> list[Wire]:
        if not edge.labels:
            return [Wire(edge.source, edge.target)]
        given = [values[label] for label in edge.labels if label in values]
        operation = str(given[0]) if edge.labels[0] in values else ""
        kind = self.kinds.get(operation, "") if operation else self.absent
        if kind == NONE:
            return []
        if kind == SKIP:
            return [Wire(edge.source, edge.target)]
        further = () if kind == FREE else tuple(given[1:])
        return [Wire(edge.source, edge.target, operation, further)]

    def _term(self, number: int, wire: Wire, value: Term | None) -> Term | None:
        if value is None or not wire.operation:
            return value
        label = ":".join(map(str, (wire.operation, *wire.further)))
        is_free = self.kinds.get(wire.operation) == FREE
        return Term(label, (value,), None if is_free else number)


def is_wiring(value: object) -> bool:
    """Returns whether a hyperparameter's value holds a wiring."""
    return isinstance(value, str) and value.startswith(_PREFIX)


def wirings(values: Iterable[tuple[str, object]]) -> tuple[Wiring, ...]:
    """Returns the wirings among names and values of hyperparameters."""
    return tuple(
        Wiring.from_text(name, str(value)) for name, value in values if is_wiring(value)
    )


def architecture_hash(values: Mapping[str, Value]) -> str:
    """Returns 16 hexadecimal digits, the same for equal architectures only.

    Args:
        values: Hyperparameter name to value, of a trial or of `best_hyperparameters`.
            What is no part of an architecture does not count.

    Raises:
        ValueError: If there is no architecture among them.
    """
    found = wirings(values.items())
    if not found:
        raise ValueError(
            f"Received the hyperparameters {sorted(values)}; expected those of a model "
            "with an architecture of tuner_component.nas. Build the model once with "
            "them, so that it declares it."
        )
    texts = {each.name: each.canonical(values) for each in found}
    digest = hashlib.sha256(json.dumps(texts, sort_keys=True).encode())
    return digest.hexdigest()[:16]


def readable(values: Mapping[str, Value]) -> dict[str, Value]:
    """Returns `values` with a short hash in place of each wiring, for people."""
    shown = dict(values)
    for each in wirings(values.items()):
        text = each.canonical(values)
        shown[each.name] = hashlib.sha256(text.encode()).hexdigest()[:8]
    return shown
