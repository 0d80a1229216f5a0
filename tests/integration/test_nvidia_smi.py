"""The exporter says of a card what nvidia-smi says of it: on a real one, where there is one."""

import re
import shutil
import subprocess
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
SAID = [
    check
    for check in CHECKS
    if number(ElementTree.fromstring(LOG).findtext(f"gpu/{check.path}", ""))
]
"""Whose value in the log is a number other than 0, so that a tenfold one is another."""


def cards() -> list[Gpu]:
    """The idle card that the log was made of as well."""
    stage = Stage(load(CAPTURES / "consumer.json"))
    try:
        return list(present_cards(stage.backend))
    finally:
        stage.backend.close()


def changed(check: Check, text: str) -> str:
    """The log with another value for one thing."""
    log = ElementTree.fromstring(LOG)
    element = log.find(f"gpu/{check.path}")
    assert element is not None
    element.text = text
    return ElementTree.tostring(log, encoding="unicode")


def test_of_the_same_card_both_say_the_same() -> None:
    assert disagreements(LOG, cards(), cards()) == []


def test_the_log_has_a_value_for_every_check() -> None:
    log = ElementTree.fromstring(LOG)
    assert [check.name for check in CHECKS if log.find(f"gpu/{check.path}") is None] == []
    assert len(SAID) > 20


@pytest.mark.parametrize("check", SAID, ids=lambda check: check.name)
def test_another_value_is_noticed(check: Check) -> None:
    was = ElementTree.fromstring(LOG).findtext(f"gpu/{check.path}", "")
    now = re.sub(r"\d+(\.\d+)?", lambda found: f"{float(found[0]) * 10:g}", was)
    now = "Not Active" if was == "Active" else now
    (said,) = disagreements(changed(check, now), cards(), cards())
    assert said.startswith(f"{check.name}: {now}, and we say [")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_value_that_only_one_of_both_has_is_noticed(check: Check) -> None:
    was = ElementTree.fromstring(LOG).findtext(f"gpu/{check.path}", "")
    (said,) = disagreements(changed(check, "5" if was == "N/A" else "N/A"), cards(), cards())
    assert said.startswith(f"{check.name}: ")


def test_what_changed_in_between_may_be_anything_in_between() -> None:
    core = next(check for check in CHECKS if check.name == "core")
    (before,), (after,) = cards(), cards()
    warmer = replace(after, temperature_celsius={"core": 60.0})
    assert disagreements(changed(core, "52 C"), [before], [warmer]) == []
    assert disagreements(changed(core, "70 C"), [before], [warmer])


def test_other_cards_are_noticed() -> None:
    (card,) = cards()
    other = replace(card, uuid="GPU-other")
    assert "cards: nvidia-smi has" in disagreements(LOG, [other], [other])[0]


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
