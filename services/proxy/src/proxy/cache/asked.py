"""What one request asks, as the cache sees it: its name, and what may be asked in other words."""

from collections.abc import Callable
from dataclasses import dataclass

from ollama_observe.wire.endpoints import Endpoint
from ollama_observe.wire.models import normalise_model
from proxy.cache.canonical import Fields, read_body
from proxy.cache.keys import Keys, caller_of, page_of
from proxy.cache.questions import question_of
from proxy.cache.rules import Rules
from proxy.heads import RequestHead

Guard = Callable[[str], bytes]
"""What of a question must be the same in one that means the same."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A body in its form, and the model that it names, normalised."""

    fields: Fields
    form: bytes
    model: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that can be looked for.

    `key` names it. `text` is its question and `bucket` names all else, where it has a question;
    they are empty where it has none.
    """

    key: bytes
    model: str
    text: str = ""
    bucket: bytes = b""


def parse(body: bytes) -> Parsed | None:
    """A body that names a model; None where it is not certain what it asks for."""
    read = read_body(body)
    if read is None:
        return None
    fields, form = read
    name = fields.get("model")
    model = normalise_model(name) if isinstance(name, str) else ""
    return Parsed(fields, form, model) if model else None


class Reader:
    """Makes an Asked of a request's parts. Without a `guard` there are no questions."""

    def __init__(self, keys: Keys, rules: Rules, guard: Guard | None) -> None:
        self._keys = keys
        self._rules = rules
        self._guard = guard

    def read(
        self, head: RequestHead, endpoint: Endpoint, parsed: Parsed, digest: str, signature: bytes
    ) -> Asked:
        """What is asked of the model of this digest, by a way of this signature."""
        caller = b""
        if not self._rules.is_shared_by_callers:
            caller = caller_of(head, self._rules.user_header)
        around = (head.target, digest.encode(), caller, page_of(head.headers), signature)
        key = self._keys.of(b"request", *around, parsed.form)
        guard = self._guard
        question = question_of(endpoint.answer, parsed.fields) if guard is not None else None
        if guard is None or question is None:
            return Asked(key, parsed.model)
        bucket = self._keys.of(b"question", *around, question.rest, guard(question.text))
        return Asked(key, parsed.model, question.text, bucket)
