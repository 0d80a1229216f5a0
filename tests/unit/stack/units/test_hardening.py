import pytest

from stack.parts import START_ORDER
from stack.units.hardening import Footing, hardening, has_view

EVERYWHERE = {("NoNewPrivileges", "yes"), ("SystemCallFilter", "@system-service")}


@pytest.mark.parametrize("footing", Footing)
@pytest.mark.parametrize("part", START_ORDER)
def test_no_part_gains_privileges_or_calls_what_services_do_not(
    part: str, footing: Footing
) -> None:
    assert set(hardening(part, footing)) >= EVERYWHERE


@pytest.mark.parametrize("part", START_ORDER)
def test_as_root_no_part_is_root_or_sees_a_home(part: str) -> None:
    lines = set(hardening(part, Footing.SYSTEM))
    assert lines >= {("DynamicUser", "yes"), ("ProtectHome", "tmpfs"), ("ProtectSystem", "strict")}
    assert has_view(part, Footing.SYSTEM)


def test_only_the_exporter_has_capabilities_and_those_are_for_reading() -> None:
    with_some = {
        part: value
        for part in START_ORDER
        for key, value in hardening(part, Footing.SYSTEM)
        if key == "CapabilityBoundingSet" and value
    }
    assert with_some == {"gpu-exporter": "CAP_DAC_READ_SEARCH CAP_SYS_PTRACE"}


def test_only_the_gateway_makes_code_while_it_runs() -> None:
    rule = ("MemoryDenyWriteExecute", "yes")
    without = {part for part in START_ORDER if rule not in hardening(part, Footing.SYSTEM)}
    assert without == {"portkey"}


def test_a_users_parts_have_a_view_of_their_own_in_a_user_namespace() -> None:
    assert ("PrivateUsers", "yes") in hardening("proxy", Footing.USER)
    assert has_view("proxy", Footing.USER)


def test_a_users_exporter_is_in_no_namespace_that_would_hide_processes() -> None:
    keys = {key for key, _ in hardening("gpu-exporter", Footing.USER)}
    assert not keys & {"PrivateUsers", "ProtectSystem", "PrivateTmp", "ProtectHome"}


def test_without_namespaces_nothing_is_asked_for_that_needs_one() -> None:
    lines = hardening("proxy", Footing.USER_WITHOUT_NAMESPACES)
    assert lines == hardening("gpu-exporter", Footing.USER)
    assert not has_view("proxy", Footing.USER_WITHOUT_NAMESPACES)
    assert not Footing.USER_WITHOUT_NAMESPACES.is_system
