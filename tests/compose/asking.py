"""Clients of a running stack, which keep book of what they got."""

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

QUESTION = "Why is the sky blue, and who said so first?"
_WITHIN_SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    """What became of one request. Units: seconds of the monotonic clock."""

    began: float
    ended: float
    outcome: str
    """`ok`, `status 502`, or what the connection did."""
    prompt_tokens: int = 0
    generated_tokens: int = 0
    said: str = ""
    """Why it was refused, in the words of who refused."""

    def touches(self, begin: float, end: float) -> bool:
        """Whether it was under way at any time between the two."""
        return self.began <= end and self.ended >= begin


def ask(url: str, model: str, tokens: int = 8) -> Answer:
    """One streamed chat, on a connection of its own."""
    parts = urlsplit(url)
    assert parts.hostname and parts.port
    body = {
        "model": model,
        "messages": [{"role": "user", "content": QUESTION}],
        "options": {"num_predict": tokens, "seed": 7},
    }
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=_WITHIN_SECONDS)
    began = time.monotonic()
    try:
        connection.request("POST", "/api/chat", json.dumps(body))
        answer = connection.getresponse()
        lines = answer.read().splitlines()
    except (OSError, http.client.HTTPException) as error:
        return Answer(began, time.monotonic(), type(error).__name__)
    finally:
        connection.close()
    ended = time.monotonic()
    if answer.status != 200:
        said = json.loads(lines[0]).get("error", "") if lines else ""
        return Answer(began, ended, f"status {answer.status}", said=said)
    final = json.loads(lines[-1]) if lines else {}
    if not final.get("done"):
        return Answer(began, ended, "broken off")
    return Answer(began, ended, "ok", final["prompt_eval_count"], final["eval_count"])


@dataclass
class Crowd:
    """Clients that ask one question after the other until told to stop."""

    url: str
    model: str
    answers: list[Answer] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def lost(self) -> list[Answer]:
        """What was not answered."""
        return [answer for answer in self.answers if answer.outcome != "ok"]

    def _ask_on(self) -> None:
        while not self.is_over.is_set():
            answer = ask(self.url, self.model)
            self.answers.append(answer)
            if answer.outcome != "ok":
                self.is_over.wait(0.05)  # a refused client does not spin


@contextlib.contextmanager
def crowd(url: str, model: str, clients: int) -> Iterator[Crowd]:
    """So many clients ask while the block runs; what they asked is answered at its end."""
    asking = Crowd(url, model)
    threads = [threading.Thread(target=asking._ask_on) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield asking
    finally:
        asking.is_over.set()
        for thread in threads:
            thread.join()
