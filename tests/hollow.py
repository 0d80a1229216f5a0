"""Model files with real shapes and weights of zeros, which take no room on the disk; and what
llama.cpp says that it sets aside for them.
"""

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from gguf import GGMLQuantizationType, GGUFWriter, quant_shape_to_byte_shape
from gguf.constants import GGML_QUANT_SIZES, GGUF_DEFAULT_ALIGNMENT
from numpy import float32, uint8

from engine.runner import LoadError, import_llama
from tests.anatomies import Anatomy, Part
from tests.components import need
from tests.engines import REPOSITORY

_LIBRARY_DIR = REPOSITORY / ".local" / "lib"
_LOADS_WITHIN_SECONDS = 120.0
_MIB = 2**20
_CANNOT = "no llama.cpp: "
_BUFFER = re.compile(r"(model|KV|RS|compute|output) buffer size = +([0-9.]+) MiB")


def hollow(path: Path, anatomy: Anatomy) -> Path:
    """Write a model file without any weights in it."""
    writer = GGUFWriter(path, anatomy.architecture)
    _add_words(writer, int(anatomy.numbers["vocab_size"]))
    for name, value in anatomy.numbers.items():
        key = f"{anatomy.architecture}.{name}"
        if isinstance(value, int):
            writer.add_uint32(key, value)
        else:
            writer.add_float32(key, value)
    for name, values in anatomy.lists.items():
        is_switch = name.endswith("_pattern")
        told = [bool(one) for one in values] if is_switch else [*values]
        writer.add_array(f"{anatomy.architecture}.{name}", told)
    total = sum(_add(writer, part) for part in anatomy.parts)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    os.truncate(path, _aligned(path.stat().st_size) + total)
    return path


def _add_words(writer: GGUFWriter, count: int) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list(["<|end|>", *(f"t{number}" for number in range(1, count))])
    writer.add_token_types([3, *(1 for _ in range(1, count))])
    writer.add_token_merges(["t 1"])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)


def _add(writer: GGUFWriter, part: Part) -> int:
    """Announce a tensor; how many bytes of the file it would take."""
    name, kind, shape = part
    quantum = GGMLQuantizationType[kind]
    rows = tuple(reversed(shape))
    values, size = GGML_QUANT_SIZES[quantum]
    whole = 1
    for one in shape:
        whole *= one
    told = whole // values * size
    is_plain = quantum is GGMLQuantizationType.F32
    packed = rows if is_plain else quant_shape_to_byte_shape(rows, quantum)
    dtype = float32 if is_plain else uint8
    writer.add_tensor_info(name, packed, dtype, told, raw_dtype=quantum)  # type: ignore[arg-type]
    return _aligned(told)


def _aligned(size: int) -> int:
    return -(-size // GGUF_DEFAULT_ALIGNMENT) * GGUF_DEFAULT_ALIGNMENT


def set_aside(
    path: Path, context: int, parallel: int, batch: int, types: str
) -> Mapping[str, float]:
    """Bytes that llama.cpp sets aside for a model file: `model`, `KV`, `RS`, `compute`, `output`.

    Skips the test where there is no llama.cpp.
    """
    has_llama = importlib.util.find_spec("xllamacpp") is not None
    need("llama.cpp", has_llama, "`make install` brings xllamacpp")
    words = (context, parallel, batch, types)
    command = [sys.executable, "-m", "tests.hollow", str(path), *map(str, words)]
    loading = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    late = threading.Timer(_LOADS_WITHIN_SECONDS, loading.kill)
    late.start()
    found: defaultdict[str, float] = defaultdict(float)
    said = list[str]()
    with loading:
        assert loading.stderr is not None
        for line in loading.stderr:
            said.append(line)
            if match := _BUFFER.search(line):
                found[match[1]] += float(match[2]) * _MIB
            if "compute" in found:  # the last that it says of
                break
        loading.kill()
        late.cancel()
    need("llama.cpp", not said or not said[-1].startswith(_CANNOT), "".join(said[-1:]))
    assert "compute" in found, "".join(said)[-3000:]
    return found


def _load(path: str, context: int, parallel: int, batch: int, types: str) -> None:
    """Load a model file, in a process that ends with it; llama.cpp says on standard error how."""
    try:
        llama = import_llama(_LIBRARY_DIR if _LIBRARY_DIR.is_dir() else None)
    except LoadError as error:
        sys.exit(f"{_CANNOT}{error}")
    params = llama.CommonParams()
    params.model.path = path
    params.n_parallel, params.n_ctx = parallel, context * parallel
    params.n_batch = params.n_ubatch = batch
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    kind = getattr(llama.ggml_type, f"GGML_TYPE_{types.upper()}")
    params.cache_type_k = params.cache_type_v = kind
    params.cache_ram_mib, params.verbosity = 0, 4
    params.warmup = params.ui = False
    params.hostnames = [f"{path}.sock"]
    llama.Server(params)
    os._exit(0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("path")
    for number in ("context", "parallel", "batch"):
        parser.add_argument(number, type=int)
    parser.add_argument("types")
    _load(**vars(parser.parse_args()))
