from prometheus_client import CollectorRegistry, generate_latest

from engine.metrics import EngineMetrics


def test_every_reason_to_unload_is_there_before_it_happens() -> None:
    registry = CollectorRegistry()
    EngineMetrics(registry)
    for reason in ("expired", "asked", "replaced", "room", "shutdown"):
        assert registry.get_sample_value("engine_unloads_total", {"reason": reason}) == 0


def test_all_names_begin_with_the_services_name_and_have_a_help() -> None:
    registry = CollectorRegistry()
    EngineMetrics(registry)
    lines = generate_latest(registry).decode().splitlines()
    helps = [line.split(maxsplit=3) for line in lines if line.startswith("# HELP")]
    assert len(helps) >= 7
    assert all(words[2].startswith("engine_") and words[3].endswith(".") for words in helps)


def test_two_engines_do_not_share_their_numbers() -> None:
    registries = [CollectorRegistry(), CollectorRegistry()]
    first, _ = (EngineMetrics(registry) for registry in registries)
    first.crashes.inc()
    assert [r.get_sample_value("engine_crashes_total") for r in registries] == [1, 0]
