"""The precision that Keras computes in, as the user's module has set it.

A trial's `build_model` may set another one, which is not the next trial's; and Keras
forgets that of the module when a trial begins.
"""

from __future__ import annotations

import dataclasses
import importlib
import sys
from collections.abc import Mapping
from typing import Any

_POLICY = "dtype_policy"


@dataclasses.dataclass(frozen=True)
class Precision:
    """What is global in the libraries of this process.

    Attributes:
        of_each: Library to its type of numbers, and its policy; None: none was set.
    """

    of_each: Mapping[str, tuple[str, Any]]

    def restore(self) -> None:
        """Sets it again."""
        for name, (floatx, policy) in self.of_each.items():
            library = sys.modules[name]
            library.backend.set_floatx(floatx)
            if _policy(library) is not policy:
                _set_policy(library, policy)


def found() -> Precision:
    """Returns what is set now."""
    libraries = [sys.modules[name] for name in ("keras", "tf_keras") if _is_there(name)]
    return Precision(
        {each.__name__: (each.backend.floatx(), _policy(each)) for each in libraries}
    )


def _is_there(name: str) -> bool:
    return hasattr(sys.modules.get(name), "backend")


def _policy(library: Any) -> Any:
    """Returns the policy that was set; asking Keras 3 itself would set the default."""
    if library.__name__ == "keras":
        return _state().get_global_attribute(_POLICY)
    return importlib.import_module("tf_keras.src.mixed_precision.policy")._global_policy


def _set_policy(library: Any, policy: Any) -> None:
    if library.__name__ == "keras":
        _state().set_global_attribute(_POLICY, policy)
    else:
        library.mixed_precision.set_global_policy(policy)


def _state() -> Any:
    return importlib.import_module("keras.src.backend.common.global_state")
