"""The answer of /api/tags, to facts: which models there are on disk.

Source: Ollama docs/api.md, "List local models".
"""

from dataclasses import dataclass

from ollama_observe.wire.digests import digest_in
from ollama_observe.wire.instants import unix_seconds
from ollama_observe.wire.labels import as_label
from ollama_observe.wire.listings import Entry, entries, size
from ollama_observe.wire.locations import Location, location_of, says_remote
from ollama_observe.wire.records import Bytes, member


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """One entry of /api/tags. `name` is normalised; None or empty: not told.

    Units: bytes; `modified_at` is Unix time in seconds.
    """

    name: str
    digest: str
    size_bytes: int | None
    modified_at: float | None
    family: str
    parameter_size: str
    quantization: str
    location: Location = Location.LOCAL
    """Of one that is not local there is no more on the disk than its name."""


def read_installed(body: Bytes) -> list[InstalledModel] | None:
    """The models, modified last first, each name once; None for a body that is no such list.

    Names that differ in the case of letters only are one: the one modified last. Never raises.
    """
    found = entries(body)
    if found is None:
        return None
    models: dict[str, InstalledModel] = {}
    listed = [_model(name, entry) for name, entry in found]
    for model in sorted(listed, key=lambda model: (-(model.modified_at or 0.0), model.name)):
        models.setdefault(model.name, model)
    return list(models.values())


def _model(name: str, entry: Entry) -> InstalledModel:
    details = entry.get("details")
    return InstalledModel(
        name,
        digest_in(entry.get("digest")),
        size(entry.get("size")),
        unix_seconds(entry.get("modified_at")),
        as_label(member(details, "family")),
        as_label(member(details, "parameter_size")),
        as_label(member(details, "quantization_level")),
        location_of(name, says_remote(entry.get("remote_host"), entry.get("remote_model"))),
    )
