"""How a session stands, as JSON."""

from pathlib import Path

import msgspec

from tests.unit.traffic.bank.test_loading import write_bank
from tests.unit.traffic.worker.test_session import world
from traffic.bank.loading import load_bank
from traffic.worker.standing import standing


async def test_before_the_first_run_there_is_none(tmp_path: Path) -> None:
    async with world(load_bank(write_bank(tmp_path))) as it:
        assert msgspec.to_builtins(standing(it.session)) == {
            "state": "idle",
            "detail": "",
            "run": None,
        }


async def test_a_run_is_told_with_its_figures_and_without_a_word_of_its_questions(
    tmp_path: Path,
) -> None:
    async with world(load_bank(write_bank(tmp_path))) as it:
        await it.session.start(it.settings(warm_up=1))
        await it.until("idle")
        told = standing(it.session).run
        assert told is not None
        assert (told.ok, told.warm_up, told.in_flight, told.failed) == (10, 1, 0, 0)
        assert (told.how, told.models, len(told.plan_sha256)) == ("done", ("m:1b",), 64)
        assert told.generated_tokens == 20
        assert set(told.ttft_seconds) == {"p50", "p95", "p99"}
        assert all(value is not None for value in told.ttft_seconds.values())
        assert told.settings["preset"] == "quick"
        assert "base_url" not in told.settings
        assert b"Sky" not in msgspec.json.encode(told)
