import contextlib
import functools
import hashlib
import http.server
import io
import socket
import tarfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from stack.prometheus.programs import ALERTMANAGER, PROMETHEUS, Program
from stack.prometheus.release import ReleaseError, archive_name, expected_digest, fetch

VERSION = PROMETHEUS.version
NAME = f"prometheus-{VERSION}.linux-amd64.tar.gz"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class Dripping(Quiet):
    """Sends the checksums as they are, and the archive a byte at a time until the client goes."""

    def copyfile(self, source: Any, outputfile: Any) -> None:
        if not self.path.endswith(NAME):
            super().copyfile(source, outputfile)
            return
        with contextlib.suppress(ConnectionError):
            while byte := source.read(1):
                outputfile.write(byte)
                time.sleep(0.02)  # the drip itself


@contextlib.contextmanager
def serving(folder: Path, answering: type[Quiet] = Quiet) -> Any:
    handler = functools.partial(answering, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def publish(
    root: Path,
    names: tuple[str, ...] = ("prometheus", "promtool"),
    digest: str | None = None,
    program: Program = PROMETHEUS,
) -> None:
    folder = root / f"v{program.version}"
    folder.mkdir()
    archive = NAME.replace(f"prometheus-{VERSION}", f"{program.name}-{program.version}")
    with tarfile.open(folder / archive, "w:gz") as tar:
        for name in (*names, "LICENSE"):
            member = tarfile.TarInfo(f"{archive.removesuffix('.tar.gz')}/{name}")
            member.size, member.mode = 3, 0o755
            tar.addfile(member, io.BytesIO(b"abc"))
    digest = digest or hashlib.sha256((folder / archive).read_bytes()).hexdigest()
    (folder / "sha256sums.txt").write_text(f"{'0' * 64}  other.tar.gz\n{digest}  {archive}\n")


def test_a_release_is_fetched_checked_and_unpacked(tmp_path: Path) -> None:
    root, target = tmp_path / "web", tmp_path / "target"
    root.mkdir()
    target.mkdir()
    publish(root)
    with serving(root) as url:
        binary = fetch(PROMETHEUS, NAME, target, url)
    assert binary.read_bytes() == b"abc"
    assert binary.stat().st_mode & 0o100
    assert sorted(path.name for path in target.iterdir()) == ["prometheus", "promtool"]


def test_another_program_of_the_project_is_fetched_in_the_same_way(tmp_path: Path) -> None:
    root, target = tmp_path / "web", tmp_path / "target"
    root.mkdir()
    target.mkdir()
    publish(root, (ALERTMANAGER.name, ALERTMANAGER.tool), program=ALERTMANAGER)
    name = archive_name(ALERTMANAGER, "linux", "x86_64")
    assert name is not None
    with serving(root) as url:
        assert fetch(ALERTMANAGER, name, target, url) == target / "alertmanager"
    assert sorted(path.name for path in target.iterdir()) == ["alertmanager", "amtool"]


def test_an_archive_that_is_not_what_the_checksums_say_is_thrown_away(tmp_path: Path) -> None:
    publish(tmp_path, digest="f" * 64)
    target = tmp_path / "target"
    target.mkdir()
    with serving(tmp_path) as url, pytest.raises(ReleaseError, match="the release says ffff"):
        fetch(PROMETHEUS, NAME, target, url)
    assert list(target.iterdir()) == []


def test_an_archive_without_prometheus_is_refused(tmp_path: Path) -> None:
    publish(tmp_path, names=("promtool",))
    target = tmp_path / "target"
    target.mkdir()
    with (
        serving(tmp_path) as url,
        pytest.raises(ReleaseError, match="is not a release of Prometheus"),
    ):
        fetch(PROMETHEUS, NAME, target, url)


def test_a_release_that_is_not_there_is_not_reachable(tmp_path: Path) -> None:
    with serving(tmp_path) as url, pytest.raises(ReleaseError, match="not reachable"):
        fetch(PROMETHEUS, NAME, tmp_path, url)


def test_a_refused_connection_is_not_reachable(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(ReleaseError, match="not reachable"):
            fetch(PROMETHEUS, NAME, tmp_path, url)


def test_a_download_that_drips_is_given_up_in_time(tmp_path: Path) -> None:
    publish(tmp_path)
    target = tmp_path / "target"
    target.mkdir()
    before = time.monotonic()
    with serving(tmp_path, Dripping) as url:
        with pytest.raises(ReleaseError, match=r"the download broke off \(0.2 s\)"):
            fetch(PROMETHEUS, NAME, target, url, within_seconds=0.2)
        assert time.monotonic() - before < 2.0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which Linux has")
def test_a_full_disk_is_a_reason_to_look_further(tmp_path: Path) -> None:
    publish(tmp_path)
    target = tmp_path / "target"
    target.mkdir()
    (target / NAME).symlink_to("/dev/full")
    with serving(tmp_path) as url, pytest.raises(ReleaseError, match="No space left on device"):
        fetch(PROMETHEUS, NAME, target, url)


def test_a_file_that_the_checksums_do_not_name_is_refused() -> None:
    with pytest.raises(ReleaseError, match="do not name"):
        expected_digest(f"{'0' * 64}  {NAME}.sig\nshort  {NAME}\n", NAME)


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("linux", "x86_64", NAME),
        ("linux", "aarch64", f"prometheus-{VERSION}.linux-arm64.tar.gz"),
        ("darwin", "arm64", f"prometheus-{VERSION}.darwin-arm64.tar.gz"),
        ("win32", "AMD64", None),
        ("linux", "riscv64", None),
    ],
)
def test_the_archive_is_the_one_for_this_machine(
    system: str, machine: str, name: str | None
) -> None:
    assert archive_name(PROMETHEUS, system, machine) == name
