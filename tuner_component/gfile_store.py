"""Objects on a remote file system (`gs://`, `hdfs://`, ...), through TensorFlow."""

from __future__ import annotations

import posixpath
from typing import Any


class GfileStore:
    """Named objects below one folder.

    Args:
        root: Folder with its scheme: `gs://bucket/studies/x`.
    """

    def __init__(self, root: str) -> None:
        self._root = root.rstrip("/")
        self._gfile = _gfile()

    @property
    def root(self) -> str:
        """The folder, with its scheme."""
        return self._root

    def list(self, prefix: str) -> list[str]:
        """Returns the names directly below the folder `prefix`, sorted."""
        folder = self._path(prefix)
        if not self._gfile.isdir(folder):
            return []
        # Object stores list a folder as "name/".
        return sorted(name.rstrip("/") for name in self._gfile.listdir(folder))

    def read(self, name: str) -> bytes:
        """Returns an object.

        Raises:
            FileNotFoundError: If there is none of this name.
        """
        path = self._path(name)
        if not self._gfile.exists(path):
            raise FileNotFoundError(path)
        with self._gfile.GFile(path, "rb") as file:
            return bytes(file.read())

    def write(self, name: str, data: bytes) -> None:
        """Writes an object, over an earlier one if there is one."""
        path = self._path(name)
        self._gfile.makedirs(posixpath.dirname(path))
        with self._gfile.GFile(path, "wb") as file:
            file.write(data)

    def write_new(self, name: str, data: bytes) -> None:
        """Writes an object that must not exist.

        TensorFlow offers no conditional write, so two writers at the same instant
        are not told apart; one after the other they are.

        Raises:
            FileExistsError: If there is one of this name.
        """
        if self._gfile.exists(self._path(name)):
            raise FileExistsError(self._path(name))
        self.write(name, data)

    def delete(self, name: str) -> None:
        """Deletes an object or a folder with all below it; nothing if it is gone."""
        path = self._path(name)
        if self._gfile.isdir(path):
            self._gfile.rmtree(path)
        elif self._gfile.exists(path):
            self._gfile.remove(path)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}" if name else self._root


def is_remote(path: str) -> bool:
    """Returns whether a path has a scheme, `gs://` say."""
    return "://" in path


def _gfile() -> Any:
    import tensorflow as tf

    return tf.io.gfile
