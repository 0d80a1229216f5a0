"""The bills of materials: CycloneDX's own schema takes them, and they hold what they should."""

import json
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from stack.prometheus.programs import PROMETHEUS
from supply import command, locks, table
from supply.bills import bills
from supply.bom import rendered
from supply.gathering import gathered
from supply.known import known

SETS = (*locks.SERVICES, "docker", "local", "locust")
VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sbom")
    assert command.main(["sbom", "--into", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def documents(folder: Path) -> dict[str, dict[str, Any]]:
    names = {path: path.name.removesuffix(".cdx.json") for path in folder.iterdir()}
    return {name: json.loads(path.read_text(encoding="utf-8")) for path, name in names.items()}


def components(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["bom-ref"]: one for one in document["components"]}


@pytest.mark.parametrize("name", ["front", "portkey", "ollama-observe"])
def test_the_schema_takes_the_whole_and_the_odd_ones(name: str, folder: Path) -> None:
    text = (folder / f"{name}.cdx.json").read_text(encoding="utf-8")
    assert VALIDATOR.validate_str(text) is None


def test_the_schema_would_not_take_a_wrong_one(folder: Path) -> None:
    text = (folder / "front.cdx.json").read_text(encoding="utf-8")
    assert VALIDATOR.validate_str(text.replace('"licenses"', '"licences"')) is not None


def test_each_image_has_one_and_so_has_the_whole(documents: dict[str, dict[str, Any]]) -> None:
    expected = {*SETS, "front", "portkey", "ollama-observe"}
    assert set(documents) == expected


@pytest.mark.parametrize("name", SETS)
def test_one_holds_what_its_lock_pins_with_its_sums(
    name: str, documents: dict[str, dict[str, Any]]
) -> None:
    found = components(documents[name])
    for pin in locks.pins(name):
        one = found[f"pkg:pypi/{pin.name}@{pin.version}"]
        (reference,) = one["externalReferences"]
        assert {each["content"] for each in reference["hashes"]} == set(pin.hashes)
        assert one["scope"] == ("optional" if pin.marker else "required")
        assert one["licenses"]


def test_the_whole_holds_what_all_the_others_hold(documents: dict[str, dict[str, Any]]) -> None:
    whole = set(components(documents["ollama-observe"]))
    others = [set(components(one)) for name, one in documents.items() if name != "ollama-observe"]
    assert whole == set().union(*others)


@pytest.mark.parametrize(
    ("name", "expected", "absent"),
    [
        ("engine", "pkg:huggingface/HuggingFaceTB/SmolLM2-135M-Instruct", "cnmoro"),
        ("engine", "pkg:huggingface/intfloat/multilingual-e5-small", "uplot"),
        ("dashboard", "pkg:npm/uplot@1.6.32", "axe-core"),
        ("front", "pkg:deb/debian/haproxy", "pypi"),
        ("portkey", "pkg:npm/hono@4.9.7", "pypi"),
        ("local", f"pkg:github/prometheus/prometheus@{PROMETHEUS.version}", "mypy"),
        ("docker", "pkg:docker/portkeyai/gateway@1.15.2", "mypy"),
    ],
)
def test_what_no_lock_of_python_names_is_there_and_what_is_not_used_is_not(
    name: str, expected: str, absent: str, documents: dict[str, dict[str, Any]]
) -> None:
    found = components(documents[name])
    assert expected in found
    assert [ref for ref in found if absent in ref] == []


def test_the_weights_have_their_sum(documents: dict[str, dict[str, Any]]) -> None:
    sums = {part.sha256 for part in known().parts if part.group == "model"}
    models = [
        one
        for one in components(documents["engine"]).values()
        if one["type"] == "machine-learning-model"
    ]
    assert {one["hashes"][0]["content"] for one in models} == sums


def test_everything_is_reached_from_what_it_is_a_bill_of(
    documents: dict[str, dict[str, Any]],
) -> None:
    for name, document in documents.items():
        needs = {one["ref"]: one.get("dependsOn", []) for one in document["dependencies"]}
        reached, edge = set[str](), [f"ollama-observe/{name}"]
        while edge:
            reached.update(edge)
            edge = [ref for here in edge for ref in needs[here] if ref not in reached]
        assert set(components(document)) <= reached, name


def test_the_same_input_makes_the_same_bytes(folder: Path) -> None:
    (bill,) = (one for one in bills(gathered(table.load())) if one.name == "traffic")
    before = (folder / "traffic.cdx.json").read_text(encoding="utf-8")
    assert rendered(bill) == before
    dated = rendered(bill, made_at_seconds=1_796_000_000)
    assert json.loads(dated)["metadata"]["timestamp"] == "2026-11-30T00:53:20+00:00"
    assert json.loads(before)["metadata"].get("timestamp") is None
    assert json.loads(dated)["serialNumber"] != json.loads(before)["serialNumber"]


def test_a_bill_names_no_address(folder: Path) -> None:
    for path in folder.iterdir():
        document = json.loads(path.read_text(encoding="utf-8"))
        del document["$schema"]
        assert "://" not in json.dumps(document), path.name
