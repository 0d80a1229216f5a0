"""Every dependency has a licence that is known, and one that may be where it is."""

import hashlib
import json
import re
import zipfile
from dataclasses import replace
from email.message import Message
from email.parser import Parser
from importlib.metadata import distributions
from pathlib import Path

import pytest

from supply import document, gathering, labels, locks, metadata, named, npm, policy, spdx, table
from supply.bills import bills, version
from supply.gathering import Gathered
from supply.known import Known, known
from supply.locks import REPOSITORY, Pin
from supply.metadata import Facts
from supply.table import Entry, UnknownLicenceError

DOCKERFILE = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
PIN = Pin("example", "1.0", "", ("0" * 64,))


def npm_lock(name: str, **declared: str) -> str:
    entry = {"version": "1", "integrity": "sha512-", **declared}
    return json.dumps({"packages": {f"node_modules/{name}": entry}})


@pytest.fixture(scope="module")
def found() -> Gathered:
    return gathering.gathered(table.load())


def test_every_pin_has_its_licence() -> None:
    entries, pins = table.load().keys(), locks.all_pins().keys()
    assert sorted(pins - entries) == [], "make licences reads what these say of themselves"
    assert sorted(entries - pins) == [], "make licences drops what is not pinned any more"


def test_the_table_is_as_decisions_make_it() -> None:
    pins, entries = locks.all_pins(), table.load()

    def read(pin: Pin) -> Facts:
        raise AssertionError(f"{pin.key} is not in the table: make licences")

    made, questions = table.made(pins.values(), entries, known(), read)
    assert questions == []
    assert made == entries
    assert table.written(made) == table.TABLE.read_text(encoding="utf-8")


def test_what_is_installed_here_says_what_the_table_says() -> None:
    compared, entries = 0, table.load()
    here = {locks.normal(one.name): one for one in distributions()}
    for pin in locks.all_pins().values():
        installed_one = here.get(pin.name)
        if installed_one is not None and installed_one.version == pin.version:
            compared += 1
            said = Parser().parsestr(installed_one.read_text("METADATA") or "")
            assert metadata.declared(said) == entries[pin.key].declared, pin.key
    assert compared > 50


def test_the_document_is_in_step(found: Gathered) -> None:
    is_in_step = document.DOCUMENT.read_text(encoding="utf-8") == found.document()
    assert is_in_step, "docs/LICENCES.md is behind: make licences"


def test_no_licence_is_where_it_may_not_be(found: Gathered) -> None:
    assert found.complaints() == []


@pytest.mark.parametrize(
    ("lock", "licence", "is_refused"),
    [
        ("proxy", "GPL-3.0-only", True),
        ("proxy", "AGPL-3.0-or-later AND MIT", True),
        ("proxy", "GPL-3.0-only OR MIT", False),
        ("build", "MPL-2.0", True),
        ("dev", "GPL-3.0-only", False),
        ("model", "CC-BY-NC-4.0", True),
    ],
)
def test_copyleft_that_nobody_has_thought_of_enters_no_run_time_set(
    lock: str, licence: str, is_refused: bool
) -> None:
    entry = {PIN.key: Entry(licence, licence, 1, ())}
    said = policy.refusals(entry, {PIN.key: (lock,)}, (), (), known())
    assert [line.partition(" ")[0] for line in said] == ["example"] * is_refused
    if is_refused:
        assert f"(requirements/{lock}.txt) is under {licence}, which is not among" in said[0]


def test_a_part_of_another_kind_is_held_to_the_same(found: Gathered) -> None:
    image = next(part for part in found.parts if part.name == "prom/prometheus")
    (said,) = policy.refusals({}, {}, (), [replace(image, licence="BUSL-1.1")], known())
    assert "prom/prometheus (supply/known.toml, image) is under BUSL-1.1" in said


@pytest.mark.parametrize("declared", ["", "BSD", "proprietary, ask us"])
def test_words_that_say_no_licence_are_a_question(declared: str) -> None:
    with pytest.raises(UnknownLicenceError, match=r"example==1\.0 says .* \[readings.'example'\]"):
        table.licence_of(PIN.name, PIN.key, declared, known())


def test_another_name_of_a_licence_becomes_spdx_s() -> None:
    assert table.licence_of(PIN.name, PIN.key, "mit", known()) == "MIT"
    assert table.licence_of(PIN.name, PIN.key, "GPL", known()) == "GPL-1.0-or-later"
    assert not spdx.is_valid("GPL")


@pytest.mark.parametrize("declared", ["SSPL-1.0", "proprietary, ask us"])
def test_a_decision_holds_while_the_package_says_the_same(declared: str) -> None:
    pin = replace(PIN, name="jinja2")
    assert table.licence_of(pin.name, pin.key, "BSD License", known()) == "BSD-3-Clause"
    now = rf"jinja2==1\.0 now says '{declared}' of its .* for 'BSD License': .*readings.'jinja2'"
    with pytest.raises(UnknownLicenceError, match=now):
        table.licence_of(pin.name, pin.key, declared, known())


@pytest.mark.parametrize("declared", ["SSPL-1.0", "proprietary, ask us"])
def test_so_it_does_where_the_package_is_npm_s(declared: str) -> None:
    decided = known().readings["npm:jsonify"]
    (package,) = npm.parsed(npm_lock("jsonify", license=decided.declared), known())
    assert package.licence == decided.licence
    now = rf"jsonify 1 of portkey/.* now says '{declared}' of its .*readings.'npm:jsonify'"
    with pytest.raises(UnknownLicenceError, match=now):
        npm.parsed(npm_lock("jsonify", license=declared), known())


def test_a_wheel_says_its_licence_its_texts_and_what_it_needs(tmp_path: Path) -> None:
    wheel, folder = tmp_path / "a.whl", "a-1.dist-info"
    said = (
        "Metadata-Version: 2.1\nName: a\nVersion: 1\nLicense: UNKNOWN\n"
        "Classifier: License :: OSI Approved\n"
        "Classifier: License :: OSI Approved :: MIT License\n"
        "Requires-Dist: Zope.Event>=1; python_version < '3.12'\n"
        "Requires-Dist: pytest; extra == 'test'\n"
    )
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{folder}/METADATA", said)
        archive.writestr(f"{folder}/licenses/LICENSE-MIT", "")
        archive.writestr("a/licence.py", "")
    assert metadata.in_wheel(wheel) == Facts("MIT License", 1, ("zope-event",))


def test_the_text_of_a_licence_is_not_its_name() -> None:
    said = Message()
    said["License"] = "Permission is hereby granted, free of charge, to any person obtaining a copy"
    said["Classifier"] = "License :: OSI Approved :: MIT License"
    assert metadata.declared(said) == "MIT License"


def test_every_package_is_there_for_something(found: Gathered) -> None:
    assert [name for name, purpose in found.purposes.items() if not purpose] == []
    assert found.purposes["hatchling"] == "builds the members"
    assert found.purposes["frozenlist"] == "for aiohttp, aiosignal"


def test_a_decision_about_what_is_gone_is_named() -> None:
    idle = policy.leftovers({}, (), (), known())
    assert any("[kept.'certifi']" in line for line in idle)
    assert any("[readings.'jinja2']" in line for line in idle)


def test_every_decision_is_one_that_spdx_knows() -> None:
    decided = known()
    licences = [*decided.words.values(), *decided.allowed]
    licences += [one.licence for one in decided.readings.values()]
    licences += [one.licence for one in decided.kept.values()]
    licences += [one.licence for one in decided.parts]
    assert [one for one in licences if not spdx.is_valid(one)] == []
    assert all(one.why for one in decided.readings.values())
    assert all(one.why for one in decided.kept.values())


def test_an_image_that_nobody_has_decided_about_is_named(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "compose.yaml").write_text("    image: some/store:1.0\n")
    with pytest.raises(named.UndecidedError, match="has some/store, whose licence nobody"):
        named.image_parts(known(), tmp_path)


def test_every_image_of_compose_is_seen() -> None:
    lines = [
        line
        for path in REPOSITORY.glob("compose*.yaml")
        for line in re.findall(r"image: (?:&\S+ )?([^*\s]\S*)", path.read_text(encoding="utf-8"))
        if "IMAGE_PREFIX" not in line
    ]
    seen = {f"{one.name}:{one.tag}" for one in named.images()}
    assert lines
    assert [line for line in lines if not any(one in line for one in seen)] == []


def test_an_npm_package_that_names_no_licence_is_a_question() -> None:
    with pytest.raises(UnknownLicenceError, match=r"x 1 of .*says '' of .*'npm:x'"):
        npm.parsed(npm_lock("x"), known())


def installed(decided: Known) -> list[tuple[str, Path]]:
    """What wheels carry here by the table, and the file of it."""
    return [
        (part.name, path)
        for part in decided.of_group("carried").values()
        for begin in part.files
        for path in SITE_PACKAGES.glob(f"{begin}*")
    ]


SITE_PACKAGES = Path(pytest.__file__).parents[1]


def test_every_library_that_a_wheel_brings_is_in_the_table() -> None:
    listed = {path for _, path in installed(known())}
    brought = {path for folder in SITE_PACKAGES.glob("*.libs") for path in folder.iterdir()}
    assert {str(path.relative_to(SITE_PACKAGES)) for path in brought - listed} == set()


def test_weights_are_the_file_that_the_table_says() -> None:
    sums = {part.name: part.sha256 for part in known().parts if part.sha256}
    for name, path in installed(known()):
        if name in sums:
            assert hashlib.sha256(path.read_bytes()).hexdigest() == sums[name], path.name


def test_what_the_documents_only_name_is_named_there() -> None:
    files = [
        REPOSITORY / "README.md",
        *REPOSITORY.glob("docs/*.md"),
        REPOSITORY / "bench/README.md",
    ]
    text = "\n".join(path.read_text() for path in files if path != document.DOCUMENT)
    assert [name for name in known().of_group("named") if name not in text] == []


def test_the_label_of_an_image_states_its_licences(found: Gathered) -> None:
    expected = {bill.name: labels.licences(bill) for bill in bills(found)}
    stated = labels.stated(DOCKERFILE)
    assert set(stated) == {*locks.SERVICES, "front"}
    for name, licences in stated.items():
        assert licences == expected[name], f"the Dockerfile's label of {name}"
    assert f"org.opencontainers.image.version={version()} " in DOCKERFILE


def test_an_image_has_our_licence_and_the_list() -> None:
    allowed = (REPOSITORY / ".dockerignore").read_text().splitlines()
    assert {"!LICENSE", "!docs/LICENCES.md"} <= set(allowed)
    assert "COPY LICENSE docs/LICENCES.md /usr/share/licenses/" in DOCKERFILE
