from collections.abc import Sequence
from typing import Any

import pytest

from stack.errors import SettingsError
from stack.parts import Address, Part
from stack.plan import Plan
from stack.settings import parse
from stack.top.targets import HERE, NOT_RUNNING, Flags, Targets, named, running

SETTINGS = parse({})


def part(name: str, *ports: tuple[str, int]) -> Part:
    addresses = tuple(Address(name, "127.0.0.1", port, variable) for variable, port in ports)
    return Part(name, (), addresses, "", 0, 0)


PROXY = part("proxy", ("PROXY_PORT", 1), ("PROXY_CONTROL_PORT", 2))
EXPORTER = part("gpu-exporter", ("GPU_EXPORTER_PORT", 3))
PROMETHEUS = part("prometheus", ("PROMETHEUS_PORT", 4))


def test_what_runs_is_asked_where_it_runs() -> None:
    found = running(Plan((PROXY, EXPORTER, PROMETHEUS)), SETTINGS)
    urls = [f"http://127.0.0.1:{port}" for port in (2, 3, 4)]
    assert (found.proxies, found.exporter, found.prometheus) == ((urls[0],), urls[1], urls[2])
    assert (found.title, found.remedy, found.missing) == (HERE, NOT_RUNNING, {})


def test_a_part_that_does_not_run_with_the_others_is_missing_but_for_prometheus() -> None:
    found = running(Plan((PROXY,)), SETTINGS)
    assert found.missing == {"gpu-exporter": "this stack runs without it"}
    # one of the operator's own may be there
    assert found.prometheus == "http://127.0.0.1:9090"


@pytest.mark.parametrize("plan", [None, Plan(), Plan((EXPORTER,))])
def test_where_no_proxy_runs_the_settings_say_where_one_would(plan: Plan | None) -> None:
    found = running(plan, parse({"PROXY_CONTROL_PORT": "18001", "GPU_EXPORTER": "off"}))
    assert found.proxies == ("http://127.0.0.1:18001",)
    assert found.missing == {"gpu-exporter": "this stack runs without it"}
    assert found.prometheus == "http://127.0.0.1:9090"
    assert running(plan, parse({"PROMETHEUS": "off"})).prometheus == ""


def test_of_a_host_all_parts_are_at_the_ports_of_the_settings() -> None:
    found = named(Flags(host="gpu-box"), parse({"PROMETHEUS_PORT": "19090"}))
    assert (found.title, found.proxies) == ("gpu-box", ("http://gpu-box:8001",))
    assert (found.exporter, found.prometheus) == ("http://gpu-box:8000", "http://gpu-box:19090")
    assert found.missing == {}
    assert "docs/TOP.md" in found.remedy
    assert named(Flags(host="fe80::1"), SETTINGS).proxies == ("http://[fe80::1]:8001",)


def test_an_address_that_is_named_goes_before_the_host_s() -> None:
    flags = Flags("gpu-box", proxies=("http://a:1", "http://b:1"), prometheus="https://c/prom")
    found = named(flags, SETTINGS)
    assert found == Targets(
        "gpu-box",
        ("http://a:1", "http://b:1"),
        "http://gpu-box:8000",
        "https://c/prom",
        found.remedy,
        found.absent,
    )


def test_of_addresses_alone_only_they_are_asked() -> None:
    found = named(Flags(proxies=("http://gpu-box:8001",)), SETTINGS)
    assert (found.title, found.exporter, found.prometheus) == ("gpu-box", "", "")
    assert found.missing == {"gpu-exporter": "none was named", "prometheus": "none was named"}
    assert named(Flags(exporter="http://x:1"), SETTINGS).proxies == ()


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ({"host": "http://gpu-box"}, "--host: expected a host's name or address alone, found"),
        ({"host": "gpu-box:8001"}, "--host: expected a host's name"),
        ({"host": "me@gpu-box"}, "--host: expected a host's name or address alone$"),
        (
            {"proxies": ("gpu-box:8001",)},
            "--proxy: expected http://host:port, found 'gpu-box:8001'",
        ),
        ({"exporter": "http://a b:1"}, "--exporter: expected http://host:port, found 'http://a b"),
        ({"exporter": "http://a\r\nb:1"}, "--exporter: expected http://host:port"),
        ({"proxies": ("",)}, "--proxy: expected http://host:port, found ''"),
        ({"host": "gpu-box", "proxies": ("http://a:1", "")}, "--proxy: expected .*, found ''"),
        ({"exporter": ""}, "--exporter: expected http://host:port, found ''"),
        ({"host": "gpu-box", "prometheus": ""}, "--prometheus: expected .*, found ''"),
        ({"host": ""}, "--host: expected a host's name or address alone, found ''"),
        ({}, "expected a host or an address, found none"),
        ({"exporter": "ftp://x"}, "--exporter: expected http://host:port, found 'ftp://x'"),
        ({"prometheus": "http://x:99999"}, "--prometheus: expected http://host:port, found"),
        ({"prometheus": "ftp://me:secret@x"}, "--prometheus: expected http://host:port$"),
    ],
)
def test_what_is_no_address_is_one_sentence(flags: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        named(Flags(**flags), SETTINGS)


@pytest.mark.parametrize(
    ("words", "is_anybody"),
    [((), False), (("gpu-box",), True), ((None, ("",)), True), ((None, (), ""), True)],
)
def test_flags_name_somebody_or_nobody(words: Sequence[Any], is_anybody: bool) -> None:
    assert bool(Flags(*words)) is is_anybody
