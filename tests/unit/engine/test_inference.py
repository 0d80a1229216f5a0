import asyncio
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from engine import errors
from engine.errors import ApiError
from engine.inference import Inference
from engine.library import Facts
from engine.metrics import EngineMetrics
from engine.settings import EngineSettings
from tests.children import CEILING_SECONDS, FACTS, Starts, model

SIZED = Facts("", {"general.architecture": "x", "x.context_length": 512}, "F16", "", [])
E5 = Facts("", {"general.architecture": "bert"}, "Q4_0", "", [], format="e5s1")
EMBEDS = Facts("", {"general.architecture": "b", "b.pooling_type": 1}, "F16", "", [])


def inference(models_dir: Path, starts: Starts | None = None, **given: object) -> Inference:
    settings = EngineSettings.model_validate({"models_dir": models_dir, "threads": 1, **given})
    return Inference(settings, EngineMetrics(CollectorRegistry()), starts or Starts())


async def test_a_name_without_a_model_is_refused_in_the_words_of_the_route(tmp_path: Path) -> None:
    with pytest.raises(ApiError, match="model 'x' not found"):
        await inference(tmp_path).find("x")
    with pytest.raises(ApiError, match="try pulling it first"):
        await inference(tmp_path).find("x", errors.model_missing_try_pulling)


async def test_a_file_that_is_no_model_is_a_failure_of_ours(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"nothing")
    with pytest.raises(ApiError, match=r"x\.gguf is no readable model file") as caught:
        await inference(tmp_path).find("x")
    assert caught.value.status == 500


def test_the_context_is_the_settings_where_a_request_has_none(tmp_path: Path) -> None:
    placed = inference(tmp_path, context_length=128).options({}, SIZED).placement
    assert (placed.context_tokens, placed.threads) == (128, 1)


@pytest.mark.parametrize("wanted", [{}, {"num_ctx": 10**12}, {"num_ctx": 1e300}])
def test_the_context_is_at_most_what_the_model_was_made_for(
    wanted: dict[str, float], tmp_path: Path
) -> None:
    placed = inference(tmp_path, context_length=4096).options(wanted, SIZED).placement
    assert placed.context_tokens == 512


def test_an_embedding_model_takes_a_whole_text_in_one_batch(tmp_path: Path) -> None:
    engine = inference(tmp_path, context_length=256)
    assert engine.options({}, EMBEDS).placement.batch_tokens == 256
    assert engine.options({}, SIZED).placement.batch_tokens == 128


@pytest.mark.parametrize(("facts", "pools_last"), [(FACTS, True), (EMBEDS, False)])
async def test_a_model_is_started_as_settings_and_file_say(
    facts: Facts, pools_last: bool, tmp_path: Path
) -> None:
    starts = Starts()
    engine = inference(
        tmp_path, starts, num_parallel=3, library_dir=tmp_path, load_timeout_seconds=7
    )
    placement = engine.options({}, facts).placement
    async with engine.lease(model("a"), facts, placement, 0.0):
        pass
    (spec,) = starts.specs
    assert (spec.path, spec.placement, spec.parallel) == (Path("a.gguf"), placement, 3)
    assert (spec.library_dir, spec.timeout_seconds) == (tmp_path, 7.0)
    assert spec.last_pooling is pools_last
    assert spec.module == "engine.runner"
    await engine.close()


async def test_the_bundled_model_takes_no_place_and_waits_for_nobody(tmp_path: Path) -> None:
    starts = Starts()
    engine = inference(tmp_path, starts, max_loaded_models=1)
    placement = engine.options({}, FACTS).placement
    async with (
        engine.lease(model("chat"), FACTS, placement, None),
        asyncio.timeout(CEILING_SECONDS),
    ):
        async with engine.lease(model("e5"), E5, placement, 60.0) as lease, lease.slot():
            pass
        assert [r.model.name for r in engine.loaded()] == ["chat:latest", "e5:latest"]
    assert [spec.module for spec in starts.specs] == ["engine.runner", "engine.e5.runner"]
    await engine.unload(model("e5"), E5)
    assert [r.model.name for r in engine.loaded()] == ["chat:latest"]
    await engine.close()
    assert starts.alive == []
