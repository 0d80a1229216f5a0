"""A request on its way out: what is sent, when, and which way."""

import json

import pytest

from proxy.admission import Refusal
from proxy.heads import RequestHead, read_request
from proxy.injector import Injector
from proxy.outgoing import Outgoing
from proxy.pool import UpstreamPool
from proxy.routing import Bypass
from proxy.ways import Direct, Trip, Way
from proxy.witness import Witness
from tests.witnesses import SilentWitness

CHAT = b'{"stream":true,"model":"m"}'


class Picky(Direct):
    """A way that takes short bodies that begin as they should, in capitals, and knows another."""

    body_limit_bytes = 100

    def body(self, body: bytes | None) -> bytes | None:
        return body.upper() if body is not None and body.startswith(b"{") else None

    def instead(self, reason: Bypass) -> Trip | None:
        return direct() if reason is not Bypass.HEAD else None


def direct() -> Direct:
    return Direct(UpstreamPool("http://direct", 1.0))


def picky() -> Picky:
    return Picky(UpstreamPool("http://picky/below", 1.0))


def head(length: int | None = len(CHAT)) -> RequestHead:
    framing = b"Transfer-Encoding: chunked" if length is None else b"Content-Length: %d" % length
    return read_request(b"POST /v1/chat/completions HTTP/1.1\r\n" + framing)


def outgoing(
    way: Way, length: int | None = len(CHAT), injector: Injector | None = None
) -> tuple[Outgoing, SilentWitness]:
    witness = SilentWitness()
    proves: Witness = witness
    return Outgoing(head(length), way, proves, injector), witness


def sent(found: Outgoing) -> tuple[bytes, bytes]:
    """Head and body of what is taken."""
    first, _, body = found.take().partition(b"\r\n\r\n")
    return first, body


def test_a_body_goes_out_as_it_comes_behind_its_head() -> None:
    found, _ = outgoing(direct())
    assert not found.is_held
    found.add(CHAT[:5], [CHAT[:5]], False)
    assert found.size == 5
    assert sent(found) == (
        b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 27",
        CHAT[:5],
    )
    assert found.is_begun
    assert (found.take(), found.size) == (b"", 0)
    found.add(CHAT[5:], [CHAT[5:]], True)
    assert found.take() == CHAT[5:]


def test_a_body_that_decides_is_kept_until_it_is_whole() -> None:
    found, witness = outgoing(picky())
    found.add(CHAT[:5], [CHAT[:5]], False)
    assert (found.is_held, found.size) == (True, 0)
    found.add(CHAT[5:], [CHAT[5:]], True)
    assert not found.is_held
    first, body = sent(found)
    assert first.startswith(b"POST /below/v1/")
    assert body == CHAT.upper()
    assert witness.reasons == []


def test_a_body_that_cannot_go_this_way_goes_the_other_as_it_came() -> None:
    found, witness = outgoing(picky(), 5)
    found.add(b"[1,2]", [b"[1,2]"], True)
    first, body = sent(found)
    assert first == b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 5"
    assert body == b"[1,2]"
    assert witness.reasons == [Bypass.BODY]


def test_a_body_that_is_too_long_to_be_kept_goes_the_other_way_at_once() -> None:
    found, witness = outgoing(picky(), 300)
    found.add(b"{" * 101, [b"{" * 101], False)
    assert not found.is_held
    found.add(b"}" * 199, [b"}" * 199], True)
    assert sent(found)[1] == b"{" * 101 + b"}" * 199
    assert witness.reasons == [Bypass.BODY]


def test_a_chunked_body_that_was_kept_has_a_length() -> None:
    found, _ = outgoing(picky(), None)
    found.add(b"2\r\n{}\r\n", [b"{}"], False)
    found.add(b"0\r\n\r\n", [], True)
    first, body = sent(found)
    assert first.endswith(b"Content-Length: 2")
    assert body == b"{}"


def test_a_chunked_body_that_cannot_go_this_way_keeps_its_chunks() -> None:
    found, _ = outgoing(picky(), None)
    found.add(b"2\r\n[]\r\n0\r\n\r\n", [b"[]"], True)
    first, body = sent(found)
    assert first.endswith(b"Transfer-Encoding: chunked")
    assert body == b"2\r\n[]\r\n0\r\n\r\n"


def test_of_what_was_not_sent_the_way_can_be_changed_and_the_body_is_the_clients_again() -> None:
    found, witness = outgoing(picky())
    found.add(CHAT, [CHAT], True)
    assert found.reroute(Bypass.GATEWAY_DOWN)
    assert sent(found)[1] == CHAT
    assert witness.reasons == [Bypass.GATEWAY_DOWN]
    assert not found.reroute(Bypass.GATEWAY_DOWN)


def test_of_what_was_sent_it_cannot() -> None:
    found, witness = outgoing(picky())
    found.add(CHAT, [CHAT], True)
    found.take()
    assert not found.reroute(Bypass.GATEWAY_DOWN)
    assert not outgoing(picky())[0].reroute(Bypass.HEAD)
    assert witness.reasons == []


@pytest.mark.parametrize("way", [direct(), picky()])
def test_counts_are_asked_for_whichever_way_it_goes(way: Way) -> None:
    found, witness = outgoing(way, injector=Injector())
    witness.read(CHAT)
    found.add(CHAT, [CHAT], True)
    first, body = sent(found)
    assert first.endswith(b"Content-Length: %d" % len(body))
    assert "include_usage" in str(json.loads(body.lower()))
    assert witness.has_asked


def test_what_has_no_form_in_which_it_can_be_sent_is_refused() -> None:
    request = read_request(b"GET nowhere HTTP/1.1")
    with pytest.raises(Refusal):
        Outgoing(request, direct(), SilentWitness(), None)


def test_a_way_that_keeps_less_of_a_body_than_the_asking_does_not_shorten_it() -> None:
    body = CHAT[:-1] + b',"x":"' + b"a" * 200 + b'"}'
    found, witness = outgoing(picky(), len(body), Injector())
    witness.read(body)
    found.add(body[:150], [body[:150]], is_whole=False)
    assert found.is_held
    found.add(body[150:], [body[150:]], is_whole=True)
    assert witness.has_asked
