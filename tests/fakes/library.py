"""The scripted Ollama's models and blobs: listed, copied, deleted, uploaded, pulled in steps.

Source: the captures tags, show, create-*, copy, delete, blob-*, error-*-missing.
"""

import hashlib
from collections.abc import Iterator

from tests.fakes.call import Call
from tests.fakes.dialect import CREATED, CREATED_AT, dump

DIGEST = "sha256:941f309b54caaad6747569ba43712bcde44a2be3bae16c3282ff499c37c54af5"
SIZE_BYTES = 98_362_745
REMOTE_SIZE_BYTES = 382
STEPS = 4
"""In how many lines a transfer tells that it has moved."""

_DETAILS = {"format": "gguf", "family": "llama", "families": ["llama"], "parameter_size": "134.52M"}


class Library:
    """What is there. Unknown names are said to be missing, in Ollama's words."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)
        self.registry: set[str] | None = None
        """The names that can be pulled; None: all."""
        self.blobs: set[str] = set()
        self.digests: dict[str, str] = {}
        """Of models that have another than all; a changed one is a model that was pulled anew."""
        self.remotes: dict[str, dict[str, str]] = {}
        """What is said of models that are answered elsewhere; of them nothing else is here."""

    def entry(self, name: str) -> dict[str, object]:
        """A model as /api/tags and /api/ps list it."""
        details = {**_DETAILS, "quantization_level": "Q4_1"}
        digest = self.digests.get(name, DIGEST.partition(":")[2])
        remote = self.remotes.get(name, {})
        size = REMOTE_SIZE_BYTES if remote else SIZE_BYTES
        return {"name": name, "model": name, **remote, "size": size, "digest": digest} | {
            "modified_at": CREATED_AT,
            "details": details,
        }

    def openai_entry(self, name: str) -> dict[str, object]:
        """A model as /v1/models lists it."""
        return {"id": name, "object": "model", "created": CREATED, "owned_by": "library"}

    def shown(self, name: str) -> dict[str, object]:
        """What /api/show tells."""
        info = {"general.architecture": "llama", "llama.context_length": 8192}
        modelfile = f"# FROM {name}\n\nFROM {file_of(name)}\n"
        described = {"modelfile": modelfile, "details": _DETAILS, "model_info": info}
        return {**described, "capabilities": ["completion", "tools"]}

    def copy(self, source: str, destination: str) -> bool:
        """Give a model a second name; False when it is missing."""
        if source not in self.names:
            return False
        self.names.append(destination)
        return True

    def delete(self, name: str) -> bool:
        """Forget a model; False when it is missing."""
        if name not in self.names:
            return False
        self.names.remove(name)
        return True

    def pulled(self, name: str) -> Iterator[bytes]:
        """The lines of a pull."""
        yield _status("pulling manifest")
        if self.registry is not None and name not in self.registry:
            yield dump({"error": "pull model manifest: file does not exist"}) + b"\n"
            return
        yield from _moved("pulling")
        yield from map(_status, ("verifying sha256 digest", "writing manifest", "success"))
        self.names.append(name)

    def pushed(self, name: str) -> Iterator[bytes]:
        """The lines of a push."""
        yield _status("retrieving manifest")
        yield from _moved("pushing")
        yield from map(_status, ("pushing manifest", "success"))

    def created(self, name: str) -> Iterator[bytes]:
        """The lines of a create from a model that is there."""
        lines = (f"using existing layer {DIGEST}", "writing manifest", "success")
        yield from map(_status, lines)
        self.names.append(name)

    async def upload(self, call: Call, digest: str) -> str:
        """Take a blob without keeping it; what is wrong with it, empty when nothing is."""
        found = hashlib.sha256()
        call.take_body(found.update)
        await call.is_read.wait()
        got = f"sha256:{found.hexdigest()}"
        if got != digest:
            return f'digest mismatch, expected "{digest}", got "{got}"'
        self.blobs.add(digest)
        return ""


def file_of(name: str) -> str:
    """The file with a model's weights, where Ollama keeps it: of each model another one."""
    return f"/root/.ollama/models/blobs/sha256-{hashlib.sha256(name.encode()).hexdigest()}"


def _status(status: str) -> bytes:
    return dump({"status": status}) + b"\n"


def _moved(verb: str) -> Iterator[bytes]:
    frame = {"status": f"{verb} {DIGEST[7:19]}", "digest": DIGEST, "total": SIZE_BYTES}
    yield dump(frame) + b"\n"  # nothing moved yet: Go leaves a count of zero out
    for step in range(1, STEPS + 1):
        yield dump({**frame, "completed": SIZE_BYTES * step // STEPS}) + b"\n"
