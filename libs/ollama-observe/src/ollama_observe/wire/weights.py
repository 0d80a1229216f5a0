"""Which file holds a model's weights: told by /api/show, and by the command line of its runner.

Two models with one file cannot be told apart by what runs.
Source: Ollama docs/api.md, "Show Model Information": `modelfile`.
"""

import msgspec

from ollama_observe.wire.digests import digest_in
from ollama_observe.wire.models import normalise_model
from ollama_observe.wire.records import UNREADABLE, Bytes

_FROM = "FROM "


class _Shown(msgspec.Struct, gc=False):
    modelfile: str = ""


_shown = msgspec.json.Decoder(_Shown).decode


def weights_in(body: Bytes) -> str:
    """What identifies the weights of a model that was shown; empty where that is not said.

    Never raises.
    """
    try:
        modelfile = _shown(body).modelfile
    except UNREADABLE:
        return ""
    # the first is the model; one for a projector may follow
    line = next((line for line in modelfile.splitlines() if line.startswith(_FROM)), "")
    return weights_of(line.removeprefix(_FROM).strip())


def weights_of(named: str) -> str:
    """What identifies weights that were named to load them: a file, or for MLX a model.

    The digest where the name holds one, as the files do that Ollama keeps; else the name itself,
    in one spelling.
    """
    return digest_in(named) or normalise_model(named)
