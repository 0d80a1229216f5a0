"""What a model file says about itself: `python -m engine.inspection FILE [--verbose]`.

A process of its own, because reading a vocabulary and hashing gigabytes keep Python busy
for seconds in which no token would pass. Prints one JSON object.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gguf import GGUFReader, LlamaFileType, ReaderField
from gguf.constants import GGUFValueType

_HIDDEN = ("GGUF.", "general.name", "tokenizer.chat_template")


def _value(field: ReaderField, verbose: bool) -> Any:
    if field.types and field.types[0] == GGUFValueType.ARRAY and not verbose:
        return None
    value = field.contents()
    if isinstance(value, float):
        return int(value) if value.is_integer() else float(f"{value:.7g}")
    return value


def _text(reader: GGUFReader, key: str) -> str:
    field = reader.fields.get(key)
    return str(field.contents()) if field is not None else ""


def quantization(file_type: int | None) -> str:
    """Ollama's word for a file type: "Q4_1", "F16"; "unknown" where there is none."""
    try:
        return (
            LlamaFileType(-1 if file_type is None else file_type)
            .name.removeprefix("MOSTLY_")
            .removeprefix("ALL_")
        )
    except ValueError:
        return "unknown"


def inspect(path: Path, verbose: bool) -> dict[str, Any]:
    """Metadata and tensor shapes, without the tensors' data. Raises ValueError, OSError."""
    reader = GGUFReader(path)
    info = {
        key: _value(field, verbose)
        for key, field in sorted(reader.fields.items())
        if not key.startswith(_HIDDEN)
    }
    info["general.parameter_count"] = sum(int(tensor.n_elements) for tensor in reader.tensors)
    return {
        "info": dict(sorted(info.items())),
        "chat_template": _text(reader, "tokenizer.chat_template"),
        "quantization": quantization(info.get("general.file_type")),
        "tensors": [
            {
                "name": tensor.name,
                "type": tensor.tensor_type.name,
                "shape": [int(n) for n in tensor.shape],
            }
            for tensor in reader.tensors
        ],
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
    try:
        found = inspect(arguments.file, arguments.verbose) | {"digest": digest(arguments.file)}
    except (ValueError, OSError, IndexError, KeyError) as error:
        print(f"{arguments.file} is no readable model file: {error}", file=sys.stderr)  # noqa: T201
        return 1
    json.dump(found, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
