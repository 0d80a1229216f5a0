"""What the engine does not do, refused by route with a sentence that names Ollama."""


def _cannot(what: str) -> str:
    return f"the embedded engine cannot {what}: install Ollama to do that"


ROUTES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("/api/pull", ("POST",), _cannot("pull models")),
    ("/api/push", ("POST",), _cannot("push models")),
    ("/api/create", ("POST",), _cannot("create models")),
    ("/api/copy", ("POST",), _cannot("copy models")),
    ("/api/delete", ("DELETE",), _cannot("delete models")),
    ("/api/blobs/{digest}", ("POST", "HEAD"), _cannot("store blobs")),
    ("/v1/messages", ("POST",), _cannot("speak the Anthropic API")),
    ("/v1/responses", ("POST",), _cannot("speak the Responses API")),
    ("/v1/audio/transcriptions", ("POST",), _cannot("transcribe audio")),
)
