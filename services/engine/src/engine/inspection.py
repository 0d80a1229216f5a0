"""What a model file says about itself: `python -m engine.inspection FILE [--verbose]`.

A process of its own, because hashing gigabytes and reading a vocabulary keep Python busy
for a time in which no token would pass. Prints one JSON object.
"""

import argparse
import hashlib
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gguf.constants import LlamaFileType

from engine import gguf_header
from engine.e5 import facts, weights
from engine.encoding import shortest_float32

_TEMPLATE = "tokenizer.chat_template"
_HIDDEN = ("general.name", _TEMPLATE)


def quantization(file_type: int | None) -> str:
    """Ollama's word for a file type: "Q4_1", "F16"; "unknown" where there is none."""
    try:
        name = LlamaFileType(-1 if file_type is None else file_type).name
    except ValueError:
        return "unknown"
    return name.removeprefix("MOSTLY_").removeprefix("ALL_")


def _as_json(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() else shortest_float32(value)


def inspect(path: Path, *, verbose: bool = False) -> dict[str, Any]:
    """Metadata and tensor shapes, without the tensors' data. Raises ValueError, OSError."""
    with path.open("rb") as file:
        is_e5 = file.read(len(weights.MAGIC)) == weights.MAGIC
    return facts.of_file(path) if is_e5 else _of_gguf(path, verbose=verbose)


def _of_gguf(path: Path, *, verbose: bool) -> dict[str, Any]:
    header = gguf_header.read(path, arrays=verbose)
    info = {key: _as_json(value) for key, value in header.metadata.items() if key not in _HIDDEN}
    info["general.parameter_count"] = sum(math.prod(tensor.shape) for tensor in header.tensors)
    return {
        "info": dict(sorted(info.items())),
        "chat_template": header.metadata.get(_TEMPLATE) or "",
        "quantization": quantization(info.get("general.file_type")),
        "tensors": [asdict(tensor) for tensor in header.tensors],
    }


def digest(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main(argv: Sequence[str]) -> int:
    """Exit code 0, or 1 with a sentence on standard error."""
    parser = argparse.ArgumentParser(prog="python -m engine.inspection", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--verbose", action="store_true", help="print the arrays too")
    arguments = parser.parse_args(argv)
    path: Path = arguments.file
    try:
        found = inspect(path, verbose=arguments.verbose) | {"digest": digest(path)}
    except (ValueError, OSError, OverflowError, RecursionError, MemoryError) as error:
        print(f"{path} is no readable model file: {error}", file=sys.stderr)  # noqa: T201
        return 1
    json.dump(found, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
