import json

import pytest

from engine import errors
from engine.errors import ApiError, Dialect, StreamError
from tests.fakes import captures


@pytest.mark.parametrize(
    ("name", "error", "dialect"),
    [
        ("error-model-missing-chat", errors.model_missing("none:1b"), Dialect.NATIVE),
        ("error-model-missing-v1-chat", errors.model_missing("none:1b"), Dialect.OPENAI),
        ("error-model-missing-embed", errors.model_missing_try_pulling("none:1b"), Dialect.NATIVE),
        ("error-busy-chat", ApiError(503, errors.BUSY), Dialect.NATIVE),
        ("error-busy-v1-chat", ApiError(503, errors.BUSY), Dialect.OPENAI),
        ("error-images-unsupported", StreamError(400, errors.NO_IMAGES), Dialect.NATIVE),
        ("error-malformed-json-v1", ApiError(400, "unexpected EOF", in_body=True), Dialect.OPENAI),
        ("broken-chat-json", ApiError(500, errors.BROKEN), Dialect.NATIVE),
        ("broken-v1-chat-json", ApiError(500, errors.BROKEN), Dialect.OPENAI),
    ],
)
def test_refusals_are_the_recorded_bytes(name: str, error: ApiError, dialect: Dialect) -> None:
    recorded = captures.load(name)
    assert errors.body(error, dialect) == recorded.body
    assert errors.content_type(error, dialect) == recorded.content_type
    assert error.status == recorded.status


def test_an_anthropic_refusal_has_the_recorded_form() -> None:
    recorded = json.loads(captures.load("error-model-missing-v1-messages").body)
    got = json.loads(errors.body(errors.model_missing("none:1b"), Dialect.ANTHROPIC))
    assert len(got.pop("request_id")) == len(recorded.pop("request_id"))
    assert got == recorded
