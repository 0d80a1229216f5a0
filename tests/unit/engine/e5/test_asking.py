import base64
import struct

from engine.e5 import asking
from tests.children import ScriptedChild


async def test_vectors_come_back_in_the_order_of_their_texts() -> None:
    packed = base64.b64encode(struct.pack("<4f", 0.5, 1.5, 2.5, 3.5)).decode()
    child = ScriptedChild(1, {"/embed": {"vectors": packed, "tokens": 7}})
    found = await asking.embed(child, ["a", "b"], 512, truncate=False)
    assert found == ([[0.5, 1.5], [2.5, 3.5]], 7)
    assert child.asked == [("/embed", {"texts": ["a", "b"], "limit": 512, "truncate": False})]
