"""What a recorded exchange should be measured as, read from its bytes with nothing of ours.

Source: design notes "ollama-api", parts 2 and 3; captures/README.md.
"""

import json
from collections import Counter
from typing import Any

from tests.fakes.captures import Capture

_REASONS = {"max_tokens": "length", "end_turn": "stop", "tool_use": "tool_calls"}
_DONE = ("stop", "length", "tool_calls", "load", "unload")
_TEXT = ("content", "response", "text")
_THOUGHT = ("thinking", "reasoning")
_EVENTS = {
    "response.output_text.delta": "content",
    "response.reasoning_summary_text.delta": "thinking",
    "response.function_call_arguments.delta": "tool_call",
}
_V1 = ("/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages")
_INFERRED = ("/api/generate", "/api/chat", *_V1)
_VECTORS = ("/api/embed", "/api/embeddings", "/v1/embeddings")
_MOVED = ("/api/pull", "/api/push", "/api/create")


class Reading:
    """The facts of one recorded answer."""

    def __init__(self, capture: Capture) -> None:
        self.capture = capture
        self.is_streamed = "ndjson" in capture.content_type or "event" in capture.content_type
        is_read = capture.status == 200 and capture.path in (*_INFERRED, *_VECTORS, *_MOVED)
        self.records = _records(capture) if is_read else []

    @property
    def is_inferred(self) -> bool:
        """Whether tokens were asked for."""
        return self.capture.path in _INFERRED and self.capture.status == 200

    @property
    def usage(self) -> dict[str, Any]:
        """The counts and durations in one vocabulary, Ollama's; empty when there are none."""
        found: dict[str, Any] = {}
        for record in self.records:
            counts = _counts(record)
            prompt = counts.get("prompt_tokens", counts.get("input_tokens"))
            details = counts.get("prompt_tokens_details") or counts.get("input_tokens_details")
            if record.get("done") or "embeddings" in record:
                found = {"cached": record.get("prompt_eval_cached_count"), **record}
            elif prompt:  # every chunk of a completion may carry counts of zero
                generated = counts.get("completion_tokens", counts.get("output_tokens"))
                found = {"prompt_eval_count": prompt, "eval_count": generated}
                found["cached"] = (details or {}).get("cached_tokens")
        return found

    @property
    def wait_seconds(self) -> float | None:
        """What is left of the total; native formats only."""
        parts = ("load_duration", "prompt_eval_duration", "eval_duration")
        if any(name not in self.usage for name in ("total_duration", *parts)):
            return None
        spent = sum(int(self.usage[name]) for name in parts)
        return max(0, int(self.usage["total_duration"]) - spent) / 1e9

    @property
    def reason(self) -> str | None:
        """Why it ended, in the metrics' words."""
        found = None
        for record in self.records:
            choices = record.get("choices") or [{}]
            delta = record.get("delta") if isinstance(record.get("delta"), dict) else {}
            said = (
                record.get("done_reason"),
                record.get("stop_reason"),
                choices[0].get("finish_reason"),
                (delta or {}).get("stop_reason"),
            )
            found = next((reason for reason in said if reason), found)
            if record.get("type") == "response.completed" or record.get("status") == "completed":
                found = "completed"
        if found is None:
            return None
        found = _REASONS.get(found, found)
        return found if found in _DONE else "other"

    @property
    def is_operation(self) -> bool:
        """Whether it only loaded or unloaded."""
        return self.reason in ("load", "unload")

    @property
    def outputs(self) -> list[tuple[str, str]]:
        """(kind, text) of each record with output, streams only."""
        if not self.is_streamed or not self.is_inferred:
            return []
        return [found for record in self.records if (found := _output(record))]

    @property
    def error(self) -> str:
        """The metrics' word for what went wrong; empty when nothing did."""
        status = self.capture.status
        if status >= 400:
            kind = "upstream_4xx" if status < 500 else "upstream_5xx"
            return "queue_full" if status == 503 else kind
        if any(record.get("error") for record in self.records):
            return "mid_stream"
        return "" if self.is_whole else "incomplete_stream"

    @property
    def is_whole(self) -> bool:
        """Whether the dialect's end marker came, where there is one."""
        path = self.capture.path
        if path in _VECTORS or path not in (*_INFERRED, *_MOVED) or self.capture.status != 200:
            return True
        if path.startswith("/v1/") and not self.is_streamed:
            return True
        if path.startswith("/v1/") and "ompletions" in path:
            return b"data: [DONE]" in self.capture.body
        ends = ("message_stop", "response.completed")
        return any(
            record.get("done") or record.get("type") in ends or record.get("status") == "success"
            for record in self.records
        )

    def thinking(self) -> Counter[str]:
        """How much thinking there was, in streams and not."""
        found = Counter(chunks=0, characters=0)
        for kind, text in self.outputs:
            if kind == "thinking":
                found.update(chunks=1, characters=len(text))
        if self.is_inferred and not self.is_streamed:
            messages = [record.get("message") or record for record in self.records]
            texts = [m[name] for m in messages for name in _THOUGHT if isinstance(m.get(name), str)]
            found.update(characters=sum(map(len, texts)))
        return found


def _counts(record: dict[str, Any]) -> dict[str, Any]:
    """OpenAI's or Anthropic's counts; those at the start of a message are an estimate."""
    if record.get("type") == "message_start":
        return {}
    response = record.get("response")
    holder = response if isinstance(response, dict) else record
    return holder.get("usage") or {}


def _records(capture: Capture) -> list[dict[str, Any]]:
    lines = capture.body.decode().splitlines()
    said = [line.removeprefix("data: ") for line in lines]
    return [json.loads(line) for line in said if line.startswith("{")]


def _output(record: dict[str, Any]) -> tuple[str, str] | None:
    """Kind and text of a record's output; None where there is none."""
    event = str(record.get("type", ""))
    if event in _EVENTS:
        return _EVENTS[event], str(record["delta"])
    if event.startswith("response.") or event == "message_start":
        return None
    choices = record.get("choices") or [{}]
    delta = record.get("delta") if isinstance(record.get("delta"), dict) else None
    said = record.get("message") or choices[0].get("delta") or delta or choices[0] or record
    for kind, names in (("thinking", _THOUGHT), ("content", _TEXT)):
        for name in names:
            if isinstance(said.get(name), str) and said[name]:
                return kind, said[name]
    return ("tool_call", "") if said.get("tool_calls") or said.get("partial_json") else None
