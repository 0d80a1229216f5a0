"""The parts of an answer on its way: found by their place, forgotten when nobody needs them."""

from proxy.cache.parts import Part, Parts


def part(raw: bytes) -> Part:
    return Part(0.0, raw, [raw], False)


def test_a_part_keeps_its_place_when_those_before_it_are_forgotten() -> None:
    parts = Parts()
    for raw in (b"a", b"bb", b"ccc"):
        parts.add(part(raw))
    parts.forget(2)
    assert parts.at(2) == part(b"ccc")
    parts.add(part(b"dddd"))
    assert (parts.at(3), parts.end) == (part(b"dddd"), 4)


def test_what_is_here_is_counted() -> None:
    parts = Parts()
    assert (bool(parts), parts.bytes_since(0), parts.end) == (False, 0, 0)
    for raw in (b"a", b"bb", b"ccc"):
        parts.add(part(raw))
    assert [parts.bytes_since(place) for place in range(4)] == [6, 5, 3, 0]
    for before in (1, 1):
        parts.forget(before)
        assert [parts.bytes_since(place) for place in range(1, 4)] == [5, 3, 0]
        assert [one.raw for one in parts.since(1)] == [b"bb", b"ccc"]
    parts.forget(3)
    assert (bool(parts), parts.bytes_since(3), parts.since(3), parts.end) == (False, 0, [], 3)
