"""One model, one name: what clients write is brought to one spelling for labels."""

_DEFAULT_HOST = "registry.ollama.ai/"
_DEFAULT_NAMESPACE = "library/"

# Ollama's own bound is 4 parts of 80 characters; anything longer is no model name.
NAME_LIMIT_CHARACTERS = 350


def normalise_model(name: str) -> str:
    """The short, lower-case name with its tag; empty when `name` cannot be a model's.

    Ollama finds a model whatever the case of the letters, and echoes the client's
    spelling, so that without this every spelling would be a series of its own.

    Example: `Registry.ollama.ai/library/Llama3` gives `llama3:latest`.
    """
    if not name or len(name) > NAME_LIMIT_CHARACTERS or not name.isprintable():
        return ""
    short = name.strip().lower().removeprefix(_DEFAULT_HOST).removeprefix(_DEFAULT_NAMESPACE)
    if not short:
        return ""
    return short if ":" in short.rsplit("/", 1)[-1] else f"{short}:latest"
