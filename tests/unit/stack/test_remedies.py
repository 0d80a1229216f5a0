import pytest

from stack.remedies import THINGS, Manager, manager, manager_of


@pytest.mark.parametrize(
    ("system", "names", "expected"),
    [
        ("linux", {"ubuntu", "debian"}, Manager.APT),
        ("linux", {"linuxmint", "ubuntu", "debian"}, Manager.APT),
        ("linux", {"debian", ""}, Manager.DEBIAN),
        ("linux", {"fedora"}, Manager.DNF),
        ("linux", {"rocky", "rhel", "centos", "fedora"}, Manager.DNF),
        ("darwin", {""}, Manager.BREW),
        ("linux", {"arch", ""}, Manager.OTHER),
    ],
)
def test_a_system_is_known_by_its_name_or_its_kin_s(
    system: str, names: set[str], expected: Manager
) -> None:
    assert manager_of(system, names) is expected


def test_a_debian_without_a_compose_of_now_takes_docker_s_own() -> None:
    assert manager_of("linux", {"debian"}, "12") is Manager.OLD_DEBIAN
    assert manager_of("linux", {"debian"}, "13") is Manager.DEBIAN
    assert Manager.OLD_DEBIAN.command("compose").startswith(
        "sudo apt install docker-compose-plugin"
    )
    assert Manager.OLD_DEBIAN.command("node") == "sudo apt install nodejs npm"


def test_everything_that_may_be_missing_has_a_package_with_each_manager() -> None:
    managers = {Manager.APT, Manager.DNF, Manager.BREW}
    assert [thing for thing, packages in THINGS.items() if not managers <= set(packages)] == []


def test_a_command_is_the_manager_s_own() -> None:
    assert Manager.APT.command("node") == "sudo apt install nodejs npm"
    assert Manager.DEBIAN.command("node") == Manager.APT.command("node")
    assert Manager.DEBIAN.command("compose") == "sudo apt install docker-compose"
    assert Manager.APT.command("compose") == "sudo apt install docker-compose-v2"
    assert Manager.BREW.command("docker") == "brew install --cask docker-desktop"
    assert Manager.OTHER.command("node") == "install nodejs npm"


def test_this_machine_has_one() -> None:
    assert manager() in Manager
