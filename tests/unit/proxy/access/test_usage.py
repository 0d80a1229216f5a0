"""What operators are told of aliases: what they used, what they have left, and no key."""

import json
from hashlib import sha256
from pathlib import Path

from proxy.access.counts import Counts
from proxy.access.keeper import Keeper
from proxy.access.usage import UsageBook
from tests.clock import Clock

KEY = b"oo-secret"
FILE = f"""
[alice]
sha256 = "{sha256(KEY).hexdigest()}"
models = ["llama3*"]
requests_per_minute = 2
tokens_per_minute = 100
tokens_per_day = 1000
max_in_flight = 3
priority = "low"
expires = 2026-11-24

[root]
manage = true

["*"]
requests_per_minute = 5
"""


async def test_an_alias_is_told_with_its_limits_and_what_is_left_of_them(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text(FILE, encoding="utf-8")
    wall = Clock(1_795_435_200.0)
    counts = Counts(clock=Clock(), wall_clock=wall)
    keeper = Keeper(path)
    await keeper.look()
    for alias in ("alice", "alice", "alice", "bob@example.org"):
        counts.enter(counts.place(alias))
    counts.leave(counts.place("alice"))
    counts.use(counts.place("alice"), 30, 10, 1.25)
    counts.refuse(counts.place("alice"))
    told = UsageBook(keeper, counts).told()
    text = json.dumps(told)
    assert "secret" not in text and sha256(KEY).hexdigest() not in text
    alice, root, anybody, bob = told["aliases"]
    assert alice == {
        "alias": "alice",
        "keys": 1,
        "manage": False,
        "limits": {
            "requests_per_minute": 2,
            "tokens_per_minute": 100,
            "tokens_per_day": 1000,
            "max_in_flight": 3,
        },
        "models": ["llama3*"],
        "priority": "low",
        "expires": "2026-11-24T00:00:00+00:00",
        "expired": False,
        "in_flight": 2,
        "last_minute": {"requests": 3, "tokens": 40},
        "today": {"requests": 3, "tokens": 40},
        "since_start": {
            "requests": 3,
            "refused": 1,
            "prompt_tokens": 30,
            "generated_tokens": 10,
            "model_seconds": 1.25,
        },
        "left": {
            "requests_per_minute": 0,
            "tokens_per_minute": 60,
            "tokens_per_day": 960,
            "max_in_flight": 1,
        },
    }
    assert root == {"alias": "root", "keys": 0, "manage": True, "limits": {}}
    assert anybody["alias"] == "*"
    assert (bob["alias"], bob["in_flight"]) == ("bob@example.org", 1)
    assert bob["left"] == {"requests_per_minute": 4}
    assert "mistake" not in told
    wall.now += 86400
    assert UsageBook(keeper, counts).told()["aliases"][0]["expired"] is True


async def test_an_alias_that_is_in_no_file_any_more_keeps_its_numbers(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text("[alice]\n", encoding="utf-8")
    keeper, counts = Keeper(path), Counts()
    counts.enter(counts.place("gone"))
    await keeper.look()
    path.write_text("[", encoding="utf-8")
    await keeper.look()
    await keeper.look()
    told = UsageBook(keeper, counts).told()
    assert [one["alias"] for one in told["aliases"]] == ["alice", "gone"]
    assert told["aliases"][1]["in_flight"] == 1
    assert "limits" not in told["aliases"][1]
    assert told["mistake"].startswith(f"{path}, ")
