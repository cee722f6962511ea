"""Objects on a remote file system (`gs://`, `hdfs://`, ...), through TensorFlow."""

from __future__ import annotations

import contextlib
import errno
import posixpath
from collections.abc import Iterator
from typing import Any


class GfileStore:
    """Named objects below one folder; whatever fails is an `OSError`.

    Args:
        root: Folder with its scheme: `gs://bucket/studies/x`.
    """

    def __init__(self, root: str) -> None:
        self._root = root.rstrip("/")

    @property
    def root(self) -> str:
        """The folder, with its scheme."""
        return self._root

    def list(self, prefix: str) -> list[str]:
        """Returns the names directly below the folder `prefix`, sorted."""
        with files() as gfile:
            folder = self._path(prefix)
            names = gfile.listdir(folder) if gfile.isdir(folder) else []
            # Object stores list a folder as "name/".
            return sorted(name.rstrip("/") for name in names)

    def read(self, name: str) -> bytes:
        """Returns an object.

        Raises:
            FileNotFoundError: If there is none of this name.
        """
        path = self._path(name)
        with files() as gfile:
            if not gfile.exists(path):
                raise FileNotFoundError(path)
            with gfile.GFile(path, "rb") as file:
                return bytes(file.read())

    def write(self, name: str, data: bytes) -> None:
        """Writes an object, over an earlier one if there is one."""
        path = self._path(name)
        with files() as gfile:
            gfile.makedirs(posixpath.dirname(path))
            if gfile.exists(path):
                gfile.remove(path)  # "wb" appends on some file systems
            with gfile.GFile(path, "wb") as file:
                file.write(data)

    def write_new(self, name: str, data: bytes) -> None:
        """Writes an object that must not exist.

        TensorFlow offers no conditional write, so two writers at the same instant
        are not told apart; one after the other they are.

        Raises:
            FileExistsError: If there is one of this name.
        """
        with files() as gfile:
            if gfile.exists(self._path(name)):
                raise FileExistsError(self._path(name))
        self.write(name, data)

    def delete(self, name: str) -> None:
        """Deletes an object, or a folder with all below it; nothing if it is gone."""
        path = self._path(name)
        with files() as gfile:
            if gfile.isdir(path):
                gfile.rmtree(path)
            elif gfile.exists(path):
                gfile.remove(path)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}" if name else self._root


def is_remote(path: str) -> bool:
    """Returns whether a path has a scheme, `gs://` say."""
    return "://" in path


@contextlib.contextmanager
def files() -> Iterator[Any]:
    """Gives TensorFlow's file systems, whose errors become those of Python."""
    import tensorflow as tf

    try:
        yield tf.io.gfile
    except tf.errors.NotFoundError as error:
        raise FileNotFoundError(errno.ENOENT, error.message) from error
    except (tf.errors.PermissionDeniedError, tf.errors.UnauthenticatedError) as error:
        raise PermissionError(errno.EACCES, error.message) from error
    except tf.errors.ResourceExhaustedError as error:
        raise OSError(errno.ENOSPC, error.message) from error
    except (tf.errors.UnimplementedError, tf.errors.InvalidArgumentError) as error:
        raise OSError(errno.EINVAL, error.message) from error
    except tf.errors.OpError as error:
        raise OSError(errno.EIO, error.message) from error
