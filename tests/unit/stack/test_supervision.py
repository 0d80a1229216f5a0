import os
from collections.abc import Callable
from pathlib import Path

import pytest
from supervisor.options import ServerOptions

from stack.environments import NAMESPACE
from stack.parts import Part
from stack.places import REPOSITORY
from stack.supervision import CONFIGURATION, escaped, render

PART = Part(
    name="proxy",
    command=('/a b/100% #1;/it\'s "q"/py', "-m", "proxy", "--x=%(here)s", "$HOME"),
    addresses=(),
    ready_url="",
    ready_within_seconds=1,
    stop_seconds=40.0,
)


Read = Callable[..., ServerOptions]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A folder whose name means something in the file's syntax."""
    folder = tmp_path / "50% a #b ;c"
    (folder / "run").mkdir(parents=True)
    (folder / "log").mkdir()
    return folder


@pytest.fixture
def read(state: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """The rendered file as supervisor itself reads it."""
    run, log = state / "run", state / "log"
    monkeypatch.chdir(run)

    def parsed(socket: Path | None = None) -> ServerOptions:
        conf = render([PART], run, log, socket or run / "supervisor.sock", 1024)
        (run / CONFIGURATION).write_text(conf)
        options = ServerOptions()
        options.realize(["-c", CONFIGURATION])
        return options

    return parsed


def test_supervisor_reads_the_command_as_it_was_meant(read: Read) -> None:
    import shlex

    program = read().process_group_configs[0].process_configs[0]
    assert tuple(shlex.split(program.command)) == PART.command


def test_a_part_runs_where_the_checkout_is(read: Read, state: Path) -> None:
    program = read().process_group_configs[0].process_configs[0]
    assert (state / "run" / program.directory).resolve() == REPOSITORY


def test_files_lie_in_a_folder_whose_name_means_something_in_the_files_syntax(
    read: Read, state: Path
) -> None:
    options = read()
    program = options.process_group_configs[0].process_configs[0]
    assert Path(program.stdout_logfile).resolve() == state / "log/proxy.log"
    assert Path(options.logfile).resolve() == state / "log/supervisord.log"
    assert Path(options.pidfile).resolve() == state / "run/supervisord.pid"


def test_the_socket_is_for_us_alone(read: Read, state: Path) -> None:
    options = read()
    assert options.server_configs[0]["chmod"] == 0o700
    assert Path(options.server_configs[0]["file"]).resolve() == state / "run/supervisor.sock"


def test_a_short_socket_elsewhere_is_named_in_full(read: Read) -> None:
    assert (
        read(Path("/tmp/x/supervisor.sock")).server_configs[0]["file"] == "/tmp/x/supervisor.sock"
    )


def test_a_part_has_longer_to_stop_than_its_requests_have_to_finish(
    read: Read,
) -> None:
    program = read().process_group_configs[0].process_configs[0]
    assert program.stopwaitsecs == 40
    assert not program.autostart
    assert program.startretries > 0


def test_plain_words_stay_readable() -> None:
    assert escaped("/usr/bin/python3.11") == "/usr/bin/python3.11"
    assert escaped("--web.listen-address=127.0.0.1:9090") == "--web.listen-address=127.0.0.1:9090"
    assert os.sep in escaped("/a b")


def test_parts_are_told_their_variables_by_an_interface_of_ours(read: Read) -> None:
    names = [name for name, _, _ in read().rpcinterface_factories]
    assert names == ["supervisor", NAMESPACE]
