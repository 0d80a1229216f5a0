"""What went wrong between the proxy and its upstream, in sentences that hold no address."""

import errno
import socket
import ssl

import pytest

from proxy.admission import Refusal
from proxy.failures import CLOSED_EARLY, TurnedAway, sentence_of
from proxy.outcomes import Ending

HANDSHAKE = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1000)")
HANDSHAKE.reason = "WRONG_VERSION_NUMBER"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (None, CLOSED_EARLY),
        (OSError(errno.ECONNREFUSED, "Connect call failed ('10.0.0.7', 1)"), "Connection refused"),
        (
            socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
            "Name or service not known",
        ),
        (socket.gaierror(), "its name is not known"),
        (HANDSHAKE, "no secure connection: WRONG_VERSION_NUMBER"),
        (ssl.SSLError(), "no secure connection: the handshake failed"),
        (UnicodeError("label too long: secret.example"), "UnicodeError"),
    ],
)
def test_a_failure_is_a_sentence(error: Exception | None, sentence: str) -> None:
    assert sentence_of(error) == sentence


def test_who_is_turned_away_is_told_what_the_refusal_says() -> None:
    refusal = Refusal(Ending.QUEUE_FULL, "the queue is full")
    error = TurnedAway(refusal)
    assert (str(error), error.refusal) == ("the queue is full", refusal)
