"""What an endpoint's work is called by the GenAI conventions."""

from collections.abc import Mapping

from ollama_observe.wire.endpoints import Answer

OPERATIONS: Mapping[Answer, str] = {
    Answer.CHAT: "chat",
    Answer.OPENAI_CHAT: "chat",
    Answer.MESSAGES: "chat",
    Answer.RESPONSES: "chat",
    Answer.GENERATE: "text_completion",  # as instrumented clients of Ollama call it, too
    Answer.OPENAI_COMPLETION: "text_completion",
    Answer.EMBED: "embeddings",
    Answer.EMBEDDINGS: "embeddings",
    Answer.OPENAI_EMBEDDINGS: "embeddings",
    Answer.TRANSCRIPTION: "transcription",  # no word of theirs fits; one of one's own is allowed
}
"""Of those that ask a model to work; others have no operation."""
