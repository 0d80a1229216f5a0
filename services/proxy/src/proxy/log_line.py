"""The one line that the log has of a request, at its end."""

from ollama_observe.wire.meter import StreamMeter
from proxy.story import Story


def log_fields(story: Story) -> dict[str, object]:
    """What the one log line of the request says. No prompt, no answer, no key."""
    ended_at = story.started_at if story.ended_at is None else story.ended_at
    fields: dict[str, object] = {
        "request_id": story.request_id,
        "method": story.method,
        "endpoint": story.endpoint.template,
        "model": story.model,
        "routing": story.routing,
        "status": story.status,
        "outcome": story.outcome,
        "duration_seconds": int((ended_at - story.started_at) * 1e6) / 1e6,
        "request_bytes": story.request_bytes,
        "response_bytes": story.response_bytes,
    }
    if story.trace_id:
        fields["trace_id"] = story.trace_id
    if story.cached is not None:
        fields["cache"] = story.cached.value
    if story.bypass is not None:
        fields["bypass"] = story.bypass
    if story.queued_at is not None and (waited := story.queued_seconds):
        fields["queued_seconds"] = round(waited, 6)
    if story.passage is not None:
        fields["portkey_target"] = story.portkey.target
        fields["portkey_attempts"] = story.passage.attempts
    if story.meter is not None:
        _add_measured(fields, story, story.meter)
    return fields


def _add_measured(fields: dict[str, object], story: Story, meter: StreamMeter) -> None:
    first_token = story.first_token_seconds
    if first_token is not None:
        fields["time_to_first_token_seconds"] = round(first_token, 6)
    if meter.usage is not None:
        fields["prompt_tokens"] = meter.usage.prompt_tokens
        fields["generated_tokens"] = meter.usage.generated_tokens
