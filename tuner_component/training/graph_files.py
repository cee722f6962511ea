"""Graphs that the worker processes of a host hand on to each other.

Making the graph of an epoch takes a second or more, and every process would make those
of all structures that it meets. One makes it and leaves TensorFlow's functions in a
folder; the others put their own variables in, which takes milliseconds.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import json
import os
import weakref
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tuner_component import shared_folder

GRAPH_FOLDER = "TUNER_GRAPH_FOLDER"
"""Names the environment's variable that says which folder, a local one."""
_MOST_GRAPHS = 128  # A file has some 300 kB; of many structures few come again.
_FUNCTIONS, _DESCRIPTION = "functions.pb", "graph.json"


class GraphFile:
    """Where the graph of a function may lie, or is to be left.

    Args:
        folder: A local folder that the processes share.
        key: Equal for functions that have the same graph.
        resources: What graphs may take in from outside, by name.
    """

    def __init__(self, folder: Path, key: str, resources: Mapping[str, Any]) -> None:
        self._folder, self._key, self._resources = folder, key, resources

    def found_or_made(
        self, make: Callable[[], Any], is_wanted: Callable[[Any], bool]
    ) -> tuple[Callable[..., Any], bool]:
        """Returns a graph and whether it is wanted; no other process makes it then.

        Args:
            make: Returns a concrete function of a dictionary of scalars.
            is_wanted: Graph -> whether it is to be left. One that was left is wanted.
        """
        digest = hashlib.sha256(self._key.encode()).hexdigest()[:16]
        folder = self._folder / digest
        with shared_folder.one_process(folder):
            if (folder / _DESCRIPTION).exists():
                return _Left(folder, self._resources), True
            graph = make()
            wanted = is_wanted(graph)
            if wanted and len(list(self._folder.glob("*.lock"))) <= _MOST_GRAPHS:
                self._leave(graph, folder)
            return graph, wanted

    def _leave(self, graph: Any, folder: Path) -> None:
        """Leaves a graph, unless it takes in what another process does not have."""
        names = {id(handle): name for name, handle in self._resources.items()}
        taken_in = [names.get(id(outside)) for outside, _ in graph.graph.captures]
        library = graph.graph.as_graph_def().library
        outputs = graph.structured_outputs
        if None in taken_in or library.gradient or not _are_scalars(outputs):
            return
        functions = [*library.function, copy.deepcopy(graph.function_def)]
        described = {
            "name": _renamed(functions, folder.name)[-1],
            "functions": [function.ByteSize() for function in functions],
            "taken_in": taken_in,
            "outputs": sorted(outputs),
        }
        data = b"".join(function.SerializeToString() for function in functions)
        # Nothing depends on its being left.
        with contextlib.suppress(OSError), shared_folder.whole(folder) as draft:
            (draft / _FUNCTIONS).write_bytes(data)
            (draft / _DESCRIPTION).write_bytes(json.dumps(described).encode())


class _Left:
    """A graph that another process has left, with this one's variables."""

    def __init__(self, folder: Path, resources: Mapping[str, Any]) -> None:
        described = json.loads((folder / _DESCRIPTION).read_bytes())
        data = memoryview((folder / _FUNCTIONS).read_bytes())
        self._name = described["name"].encode()
        self._outputs = described["outputs"]
        self._taken_in = [resources[name] for name in described["taken_in"]]
        self._add(data, described["functions"])

    def __call__(self, *tensors: Any) -> dict[str, Any]:
        found = self._context.call_function(
            self._name, [*tensors, *self._taken_in], len(self._outputs)
        )
        return dict(zip(self._outputs, found, strict=True))

    def _add(self, data: memoryview, sizes: Sequence[int]) -> None:
        from tensorflow.core.framework import function_pb2
        from tensorflow.python.eager import context

        self._context, begin = context.context(), 0
        self._context.ensure_initialized()
        for size in sizes:
            function = function_pb2.FunctionDef.FromString(data[begin : begin + size])
            begin += size
            name = function.signature.name
            if not self._context.has_function(name):
                self._context.add_function_def(function)
            gone = weakref.finalize(self, self._context.remove_function, name)
            gone.atexit = False


def graph_file(key: Hashable, resources: Mapping[str, Any]) -> GraphFile | None:
    """Returns where a graph may lie; None where processes have no folder for it.

    Args:
        key: Strings, numbers, None and tuples of them that say all about the graph.
        resources: What graphs may take in from outside, by name.
    """
    folder = os.environ.get(GRAPH_FOLDER)
    if not folder or not _is_plain(key):
        return None
    return GraphFile(Path(folder), repr(key), resources)


def _is_plain(key: Any) -> bool:
    if isinstance(key, tuple):
        return all(map(_is_plain, key))
    return key is None or isinstance(key, str | int | float)


def _are_scalars(outputs: Any) -> bool:
    return isinstance(outputs, dict) and all(
        getattr(value, "shape", None) == () for value in outputs.values()
    )


def _renamed(functions: Sequence[Any], prefix: str) -> list[str]:
    """Gives functions names that no process has given to its own; returns them."""
    new = {f.signature.name: f"{prefix}_{f.signature.name}" for f in functions}
    for function in functions:
        function.signature.name = new[function.signature.name]
        for node in function.node_def:
            node.op = new.get(node.op, node.op)
            for value in node.attr.values():
                for called in (value.func, *value.list.func):
                    if called.name in new:
                        called.name = new[called.name]
    return [function.signature.name for function in functions]
