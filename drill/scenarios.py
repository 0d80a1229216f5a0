"""Every scenario, in rounds: those of a round run at the same time and do not disturb each other.

The rules' time is shortened sixtyfold (running.py): a minute of theirs is a second here.
"""

from drill.asking import Load
from drill.conditions import (
    answers,
    disk_filled,
    driver_told,
    keys_with_a_mistake,
    offloaded,
    ollama_gone,
    one_slot,
    rivals,
    stopped,
    unknown_models,
)
from drill.scenario import Component, Scenario, alert
from tests.fakes.faults import Faults

MODELS = (
    *("aborted:1b", "broken:1b", "crowded:1b", "cut:1b", "failing:1b", "garbled:1b"),
    *("halved:1b", "late:1b", "narrow:1b", "offloaded:1b", "refusing:1b", "rival-a:1b"),
    *("rival-b:1b", "slow:1b", "stalling:1b", "stuck:1b", "waiting:1b"),
)
"""The models that are there from the start, each for one scenario. All take part in the healthy
traffic, so that their series are there before something is wrong with them."""

MOST_REQUESTS = 40
"""In flight, in the proxy of the drill: more than all other scenarios of a round have."""

_BURN = ("ErrorBurnRateFast", "ErrorBurnRateSlow")
_SECOND_NS = 1_000_000_000

_MACHINE = (
    Scenario(
        "answers stop after the first token, and their clients wait",
        (alert("RequestsStuck"),),
        answers(Load("stuck:1b", questions=2), Faults(hang_after=1), patience_seconds=0),
    ),
    Scenario(
        "the Portkey gateway's process is stopped (SIGSTOP)",
        (alert("PortkeyDown"),),
        stopped("portkey"),
        needs=Component.GATEWAY,
    ),
    Scenario(
        "half of a loaded model is outside the GPU",
        (alert("CPUFallback", model="halved:1b"),),
        offloaded("halved:1b", 0.5),
    ),
    Scenario(
        "there are GPUs, and a loaded model is on none",
        (alert("CPUFallback", model="offloaded:1b"),),
        offloaded("offloaded:1b", 0.0),
        needs=Component.COMPILER,
    ),
    Scenario(
        "a model's process has one slot, and Ollama was set to four",
        (alert("ConfigurationDiffers", model="narrow:1b", setting="OLLAMA_NUM_PARALLEL"),),
        one_slot("narrow:1b"),
        needs=Component.PROC,
    ),
    Scenario(
        "the file of API keys is edited, with a mistake",
        (alert("KeysFileRefused"),),
        keys_with_a_mistake,
    ),
    Scenario(
        "the driver says that all memory is in use",
        (alert("GPUMemoryHigh", gpu="0"),),
        driver_told("full"),
        needs=Component.COMPILER,
    ),
    Scenario(
        "the driver says that heat holds the clocks down",
        (alert("GPUThermalThrottle", gpu="0"),),
        driver_told("hot"),
        needs=Component.COMPILER,
    ),
    Scenario(
        "the driver reports the error 48",
        (alert("GPUXid", gpu="0", xid="48"),),
        driver_told("xid 48"),
        needs=Component.COMPILER,
    ),
    Scenario(
        "a file system of 16 MB, where the models are, is filled",
        (alert("DiskFullModels"),),
        disk_filled,
        needs=Component.MOUNT,
    ),
)

_DOWN = (
    Scenario("the proxy's process is stopped (SIGSTOP)", (alert("ProxyDown"),), stopped("proxy")),
    Scenario("Ollama closes its port", (alert("OllamaDown"),), ollama_gone),
)

_ANSWERS = (
    Scenario(
        "the driver says that the second card is lost",
        (alert("GPUMissing"),),
        driver_told("lost"),
        needs=Component.COMPILER,
    ),
    Scenario(
        "two models that do not fit beside each other are asked in turn",
        (alert("ModelThrash"), alert("ModelReloads", model="rival-a:1b")),
        rivals("rival-a:1b", "rival-b:1b"),
    ),
    Scenario(
        "Ollama answers 500",
        (alert("ErrorBurnRateFast"), alert("ErrorBurnRateSlow")),
        answers(Load("failing:1b", at_once=4), Faults(status=500)),
    ),
    Scenario(
        "Ollama answers 503, too many wait",
        (alert("QueueFull", error_type="queue_full"),),
        answers(Load("refusing:1b", questions=2), Faults(status=503)),
        may=_BURN,
    ),
    Scenario(
        "answers end without their end marker",
        (alert("IncompleteStreams", model="broken:1b"),),
        answers(Load("broken:1b", questions=3), Faults(end_without_done_after=3)),
        may=_BURN,
    ),
    Scenario(
        "answers stand still for 10.5 s",
        (alert("StreamStalls", model="stalling:1b"),),
        answers(
            Load("stalling:1b", questions=8, at_once=8),
            Faults(tokens_per_second=1 / 10.5),
            every_seconds=20.0,
            output_tokens=2,
        ),
    ),
    Scenario(
        "prompts of thousands of tokens to a context of 64",
        (alert("SuspectedTruncation", model="cut:1b"),),
        answers(Load("cut:1b"), prompt_tokens=6000, context_tokens=64),
    ),
    Scenario(
        "clients leave after 0.3 s, before the first token",
        (alert("AbortSpike"),),
        answers(Load("aborted:1b", at_once=5, timeout_seconds=0.3), Faults(ttft_seconds=5), 0.5),
    ),
    Scenario(
        "Ollama reports that requests waited 30 s for a slot",
        (alert("QueueSaturated", model="waiting:1b"),),
        answers(Load("waiting:1b", questions=3), wait_ns=30 * _SECOND_NS),
    ),
    Scenario(
        "answers hold a line that is no JSON",
        (alert("ExtractionErrors", endpoint="/api/chat"),),
        answers(Load("garbled:1b", questions=2), Faults(malformed_after=2)),
    ),
    Scenario(
        "more models are asked than PROXY_MODEL_LABEL_LIMIT",
        (alert("LabelOverflow", label="model"),),
        unknown_models("one-too-many:1b", "two-too-many:1b"),
    ),
)

_SPEED = (
    Scenario(
        "the exporter's process is stopped (SIGSTOP)",
        (alert("ExporterDown"),),
        stopped("gpu-exporter"),
    ),
    Scenario(
        "first tokens come after 0.5 s, with SLO_TTFT_SECONDS=0.25",
        (alert("TTFTBurnRateFast"), alert("TTFTBurnRateSlow")),
        answers(Load("late:1b", questions=50, at_once=24), Faults(ttft_seconds=0.5)),
    ),
    Scenario(
        "Ollama reports a tenth of the tokens a second",
        (alert("TokenRateDrop", model="slow:1b"),),
        answers(Load("slow:1b", questions=3), decode_ns_per_interval=_SECOND_NS // 10),
        rests_seconds=62.0,  # what it is compared with ends an hour ago
    ),
    Scenario(
        "more requests than PROXY_MAX_REQUESTS",
        (alert("QueueFull", error_type="proxy_queue_full"),),
        answers(Load("crowded:1b", questions=50, at_once=50), Faults(ttft_seconds=0.5), 2.0),
        may=(*_BURN, "TTFTBurnRateFast", "TTFTBurnRateSlow"),
    ),
)

ROUNDS = (_MACHINE, _DOWN, _ANSWERS, _SPEED)
"""No requests in the first but those that are stuck, and none in the second; what fails, and what
takes a minute to resolve, in the third; what is slow, and needs a past to compare with, last."""


def chosen(only: frozenset[str]) -> tuple[tuple[Scenario, ...], ...]:
    """The rounds with the scenarios that make any of these alerts fire; all of them for none."""
    return tuple(
        scenarios
        for round_ in ROUNDS
        if (scenarios := tuple(s for s in round_ if not only or only & fired_by(s)))
    )


def fired_by(scenario: Scenario) -> frozenset[str]:
    """The names of the alerts that a scenario must make fire."""
    return frozenset(alert.name for alert in scenario.fires)


def names() -> list[str]:
    """Every alert that is drilled."""
    return sorted(name for round_ in ROUNDS for s in round_ for name in fired_by(s))
