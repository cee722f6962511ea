"""What of the user's code decides whether a study is the same one."""

from __future__ import annotations

import ast
import hashlib
import os
import sys
from pathlib import Path

from typing_extensions import override

from tuner_component.step.user_module import UserModule, file_of

_OTHERS = ("run_fn", "trainer_fn", "preprocessing_fn", "stats_options_updater_fn")


def fingerprint(module: UserModule) -> str:
    """Returns a hash of what the code does, as far as its syntax tells.

    The module and what it imports from its own folder count. What has no part in
    the search does not: comments, layout, the number in `max_trials=...` (a search
    may be continued with more trials), and functions that only other TFX components
    call, such as the Trainer's `run_fn`.
    """
    main = file_of(module.load())
    if main is None:
        return ""
    files = {main} | _loaded_from(main.parent)
    digest = hashlib.sha256()
    for file in sorted(files if module.folder else {main}):
        tree = _SearchOnly().visit(ast.parse(file.read_text(encoding="utf-8")))
        digest.update(f"{file.name}\n{ast.dump(tree)}\n".encode())
    return digest.hexdigest()


def _loaded_from(folder: Path) -> set[Path]:
    files = [getattr(other, "__file__", None) for other in list(sys.modules.values())]
    paths = [os.path.split(file) for file in files if file and file.endswith(".py")]
    here = {parent for parent in {p for p, _ in paths} if _is_same(parent, folder)}
    return {Path(parent, name).resolve() for parent, name in paths if parent in here}


def _is_same(one: str, other: Path) -> bool:
    """Resolving the folders of all that is loaded would take a tenth of a second."""
    try:
        return Path(one).samefile(other)
    except OSError:
        return False


class _SearchOnly(ast.NodeTransformer):
    """Leaves out what has no part in the search."""

    @override
    def visit_Module(self, node: ast.Module) -> ast.Module:
        used = {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
        node.body = [
            item
            for item in node.body
            if not (
                isinstance(item, ast.FunctionDef)
                and item.name in _OTHERS
                and item.name not in used
            )
        ]
        self.generic_visit(node)
        return node

    @override
    def visit_keyword(self, node: ast.keyword) -> ast.keyword | None:
        if node.arg == "max_trials" and isinstance(node.value, ast.Constant):
            return None
        self.generic_visit(node)
        return node
