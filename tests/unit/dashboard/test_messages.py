"""Messages are told apart by their type, and one that is no message is refused."""

import msgspec
import pytest

from dashboard.messages import Frame, Look, PanelFrame, Series
from dashboard.views import View


def test_a_look_is_read_with_what_it_leaves_out() -> None:
    read = msgspec.json.decode(b'{"type":"look","view":{"seconds":300},"panels":["a"]}', type=Look)
    assert read == Look(View(seconds=300), ("a",))


@pytest.mark.parametrize(
    "text", [b"{}", b'{"type":"frame","view":{}}', b'{"type":"look","view":{},"more":1}']
)
def test_another_message_is_refused(text: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=Look)


def test_a_gap_is_null() -> None:
    series = [Series(0, {"model": "m"}, [1.5, None])]
    frame = Frame("k", True, 100, 5, 2, [PanelFrame("p", series)])
    assert msgspec.json.decode(msgspec.json.encode(frame)) == {
        "type": "frame",
        "view": "k",
        "is_whole": True,
        "start": 100,
        "step": 5,
        "count": 2,
        "panels": [
            {"id": "p", "series": [{"query": 0, "labels": {"model": "m"}, "values": [1.5, None]}]}
        ],
    }
