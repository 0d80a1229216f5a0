"""The exporter says of a card what nvidia-smi says of it: on a real one, where there is one."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from gpu_exporter.gpu import Gpu
from gpu_exporter.nvidia.capture import load
from gpu_exporter.nvidia.nvml import nvml_backend
from gpu_exporter.settings import GpuExporterSettings
from tests.components import need
from tests.nvidia_smi import CHECKS, Check, disagreements, number
from tests.nvml_scrapes import CAPTURES, Stage, present_cards

LOG = (CAPTURES / "nvidia-smi.xml").read_text(encoding="utf-8")


def said(check: Check) -> str:
    """What the log says for it."""
    return ElementTree.fromstring(LOG).findtext(f"gpu/{check.path}", "")


SAID = [check for check in CHECKS if number(said(check))]
"""Whose value in the log is a number other than 0, so that a tenfold one is another."""


@pytest.fixture(scope="module")
def cards() -> Sequence[Gpu]:
    """The idle card that the log was made of as well."""
    stage = Stage(load(CAPTURES / "consumer.json"))
    try:
        return present_cards(stage.backend)
    finally:
        stage.backend.close()


def changed(check: Check, text: str) -> str:
    """The log with another value for one thing."""
    log = ElementTree.fromstring(LOG)
    element = log.find(f"gpu/{check.path}")
    assert element is not None
    element.text = text
    return ElementTree.tostring(log, encoding="unicode")


def test_of_the_same_card_both_say_the_same(cards: Sequence[Gpu]) -> None:
    assert disagreements(LOG, cards, cards) == []


def test_the_log_has_a_value_for_every_check() -> None:
    log = ElementTree.fromstring(LOG)
    assert [check.name for check in CHECKS if log.find(f"gpu/{check.path}") is None] == []
    assert len(SAID) > 20


def test_another_value_is_noticed(cards: Sequence[Gpu]) -> None:
    for check in SAID:
        was = said(check)
        now = re.sub(r"\d+(\.\d+)?", lambda found: f"{float(found[0]) * 10:g}", was)
        now = "Not Active" if was == "Active" else now
        (found,) = disagreements(changed(check, now), cards, cards)
        assert found.startswith(f"{check.name}: {now}, and we say [")


def test_a_value_that_only_one_of_both_has_is_noticed(cards: Sequence[Gpu]) -> None:
    for check in CHECKS:
        now = "5" if said(check) == "N/A" else "N/A"
        (found,) = disagreements(changed(check, now), cards, cards)
        assert found.startswith(f"{check.name}: ")


def test_what_changed_in_between_may_be_anything_in_between(cards: Sequence[Gpu]) -> None:
    core = next(check for check in CHECKS if check.name == "core")
    warmer = [replace(card, temperature_celsius={"core": 60.0}) for card in cards]
    assert disagreements(changed(core, "52 C"), cards, warmer) == []
    assert disagreements(changed(core, "70 C"), cards, warmer)


def test_other_cards_are_noticed(cards: Sequence[Gpu]) -> None:
    others = [replace(card, uuid="GPU-other") for card in cards]
    assert "cards: nvidia-smi has" in disagreements(LOG, others, others)[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [("25.92 W", 25.92), ("P8", 8), ("16x", 16), ("N/A", None), ("Active", 1), ("Disabled", 0)],
)
def test_a_value_is_read_whatever_its_unit(text: str, value: float | None) -> None:
    assert number(text) == value


def test_on_a_real_card_both_say_the_same() -> None:
    need("nvidia-smi", shutil.which("nvidia-smi") is not None, "an NVIDIA card and its driver")
    backend = nvml_backend(GpuExporterSettings(), lambda: None)
    try:
        before = backend.read()
        done = subprocess.run(["nvidia-smi", "-q", "-x"], capture_output=True, check=True)
        after = backend.read()
    finally:
        backend.close()
    assert disagreements(done.stdout.decode(), before, after) == []
