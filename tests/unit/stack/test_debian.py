from pathlib import Path

from stack.debian import apt_command


def test_apt_keeps_its_state_in_the_workspace_and_reads_the_systems_sources() -> None:
    command = apt_command(Path("/w s"), "download", "prometheus")
    assert command[0] == "apt-get"
    assert command[-2:] == ["download", "prometheus"]
    assert "Dir::State::lists=/w s/lists" in command
    assert "Dir::State::status=/var/lib/dpkg/status" in command
    assert not any(word.startswith("Dir::Etc") for word in command)


def test_signatures_are_checked_as_usual() -> None:
    words = " ".join(apt_command(Path("/w"), "update")).lower()
    assert "unauthenticated" not in words
    assert "insecure" not in words
