"""One model, one name: what clients write is brought to one spelling for labels."""

_DEFAULT_HOST = "registry.ollama.ai/"
_DEFAULT_NAMESPACE = "library/"
_SOURCES = (":cloud", ":local")
_SCHEME_END = "://"

# Ollama's own bound is 4 parts of 80 characters; anything longer is no model name.
NAME_LIMIT_CHARACTERS = 350


def normalise_model(name: str) -> str:
    """The short, lower-case name with its tag; empty when `name` cannot be a model's.

    Ollama finds a model whatever the case of the letters, and echoes the client's
    spelling, so that without this every spelling would be a series of its own.

    What stands before `://`, whatever it is and however long, Ollama does not look at.

    Of two tags the last says where the model is to compute, and Ollama reads it into the first.

    Example: `Registry.ollama.ai/library/Llama3` gives `llama3:latest`, `gpt-oss:20b:cloud` gives
    `gpt-oss:20b-cloud`, and `gpt-oss:20b:local` gives `gpt-oss:20b`.
    Source: Ollama internal/modelref/modelref.go, types/model/name.go.
    """
    if _SCHEME_END in name:
        name = name.partition(_SCHEME_END)[2]
    if not name or len(name) > NAME_LIMIT_CHARACTERS or not name.isprintable():
        return ""
    short = name.strip().lower().removeprefix(_DEFAULT_HOST).removeprefix(_DEFAULT_NAMESPACE)
    if not short:
        return ""
    if short.endswith(_SOURCES):
        short = _with_one_tag(short)
    return short if ":" in short.rsplit("/", 1)[-1] else f"{short}:latest"


def _with_one_tag(short: str) -> str:
    """`x:local` stays, though Ollama means `x:latest` by it since it knows of clouds: before it
    was a tag like others, and of what is on disk it still is one.
    """
    name, _, source = short.rpartition(":")
    if ":" not in name.rsplit("/", 1)[-1]:
        return short
    return name if source == "local" else f"{name}-{source}"
