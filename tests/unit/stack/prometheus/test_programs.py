import pytest

from stack.prometheus.programs import ALERTMANAGER, PROMETHEUS, Program


@pytest.mark.parametrize("program", [PROMETHEUS, ALERTMANAGER], ids=lambda program: program.name)
def test_a_release_is_looked_for_where_the_project_publishes_it(program: Program) -> None:
    assert program.releases.endswith(f"/prometheus/{program.name}/releases/download")
    assert all(part.isdecimal() for part in program.version.split("."))


@pytest.mark.parametrize("program", [PROMETHEUS, ALERTMANAGER], ids=lambda program: program.name)
def test_a_program_is_known_by_its_own_name_and_by_its_package_s(program: Program) -> None:
    assert program.commands[0] == program.name
    assert program.package in program.commands
