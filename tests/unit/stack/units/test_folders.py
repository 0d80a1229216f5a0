from pathlib import Path

from stack.places import places_of
from stack.settings import parse
from stack.units.folders import unit_places, user_units

PLACES = places_of(parse({}), Path("/srv/checkout"))


def test_a_users_service_goes_on_with_the_numbers_of_make_start_but_not_with_its_files() -> None:
    places = unit_places(PLACES, is_system=False)
    assert places.prometheus_data == PLACES.prometheus_data == places.kept_by("prometheus")
    assert places.run == places.state / "service" != PLACES.run
    assert places.rules.parent == places.run


def test_as_root_everything_is_where_the_system_has_it() -> None:
    places = unit_places(PLACES, is_system=True)
    assert places.run == Path("/etc/ollama-observe")
    assert places.prometheus_data == Path("/var/lib/ollama-observe/prometheus-data")
    assert places.log == Path("/var/log/ollama-observe")
    assert places.downloads == PLACES.downloads


def test_as_root_systemd_itself_makes_what_parts_keep() -> None:
    system, user = unit_places(PLACES, is_system=True), unit_places(PLACES, is_system=False)
    assert system.private_folders(["prometheus"]) == (system.run, system.log)
    assert user.private_folders(["prometheus"])[-1] == user.prometheus_data


def test_a_part_that_keeps_nothing_has_no_folder() -> None:
    assert unit_places(PLACES, is_system=False).kept_by("proxy") is None


def test_each_part_has_its_own_file_of_variables() -> None:
    assert unit_places(PLACES, is_system=True).environment_of("proxy").name == "proxy.env"


def test_a_users_units_lie_where_the_variable_says() -> None:
    home = Path("/home/jo")
    assert user_units({}, home) == home / ".config/systemd/user"
    assert user_units({"XDG_CONFIG_HOME": "/data/c"}, home) == Path("/data/c/systemd/user")
