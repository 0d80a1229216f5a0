"""Each endpoint whose model works has an operation, in the conventions' words."""

from ollama_observe.wire.endpoints import ENDPOINTS, Answer
from proxy.telemetry.operations import OPERATIONS

WORDS = {"chat", "text_completion", "embeddings", "transcription"}


def test_whatever_infers_has_an_operation_and_nothing_else_has() -> None:
    works = {endpoint.answer for endpoint in ENDPOINTS} - {Answer.NONE, Answer.PROGRESS}
    assert OPERATIONS.keys() == works
    assert set(OPERATIONS.values()) == WORDS


def test_the_same_work_has_the_same_name_in_every_dialect() -> None:
    by_path = {one.template: OPERATIONS.get(one.answer) for one in ENDPOINTS}
    assert by_path["/api/chat"] == by_path["/v1/chat/completions"] == by_path["/v1/messages"]
    assert by_path["/api/embed"] == by_path["/v1/embeddings"] == by_path["/api/embeddings"]
    assert by_path["/api/generate"] == by_path["/v1/completions"]
    assert by_path["/api/tags"] is None
