"""`audit`: pip-audit about what the locks pin, npm about the gateway and what is vendored."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from supply import findings, locks, named, npm
from supply.findings import Answer
from supply.known import FOLDER

_ANSWERS_WITHIN_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Services:
    """Who is asked, where it is not who pip-audit and npm ask by themselves."""

    osv_url: str | None = None
    npm_registry: str | None = None


def audit(services: Services, say: Callable[[str], None]) -> int:
    """Exit code 0: nothing is known of anything; 1: something is; 3: not everything was told."""
    text = (FOLDER / "exceptions.toml").read_text(encoding="utf-8")
    answers = [of_python(services), of_npm(services)]
    lines, code = findings.judged(answers, findings.exceptions(text), datetime.now(UTC).date())
    for line in lines:
        say(line)
    return code


def of_python(services: Services) -> Answer:
    """About every package of every lock, of whatever platform: markers are left out."""
    pins = locks.all_pins().values()
    pinned = {pin.name: pin.version for pin in pins}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pins.txt").write_text("".join(pin.line for pin in pins), encoding="utf-8")
        report, said = _answer(_pip_audit(folder, services), folder)
    if report is None or "dependencies" not in report:
        return findings.unasked("python", pinned, said)
    return findings.of_pip_audit(report, pinned)


def _pip_audit(folder: Path, services: Services) -> tuple[str, ...]:
    where = ("--vulnerability-service", "osv", "--osv-url", services.osv_url)
    return (
        *(sys.executable, "-m", "pip_audit", "--requirement", str(folder / "pins.txt")),
        *("--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off"),
        # an answer of yesterday is none
        *("--cache-dir", str(folder / "cache")),
        *(word for word in where if services.osv_url and word),
    )


def of_npm(services: Services) -> Answer:
    """About the gateway's packages and those whose files are in this repository."""
    vendored = named.vendored()
    pinned = npm.versions() | vendored
    program = shutil.which("npm")
    if program is None:
        return findings.unasked("npm", pinned, "npm is not installed")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest, lock = with_vendored(
            npm.LOCK.with_name("package.json").read_text(encoding="utf-8"),
            npm.LOCK.read_text(encoding="utf-8"),
            vendored,
            named.vendored_sums(),
        )
        (folder / "package.json").write_text(manifest, encoding="utf-8")
        (folder / "package-lock.json").write_text(lock, encoding="utf-8")
        where = ("--registry", services.npm_registry) if services.npm_registry else ()
        report, said = _answer((program, "audit", "--json", "--package-lock-only", *where), folder)
    if report is None:
        return findings.unasked("npm", pinned, said)
    return findings.of_npm_audit(report, pinned)


def with_vendored(
    manifest: str, lock: str, versions: Mapping[str, str], sums: Mapping[str, str]
) -> tuple[str, str]:
    """package.json and its lock, as if the vendored packages were installed, too."""
    asked, locked = json.loads(manifest), json.loads(lock)
    asked["dependencies"] |= versions
    locked["packages"][""]["dependencies"] |= versions
    for name, version in versions.items():
        entry = {"version": version, "integrity": sums[name]}
        locked["packages"][f"node_modules/{name}"] = entry
    return json.dumps(asked), json.dumps(locked)


def _answer(command: Sequence[str], folder: Path) -> tuple[Mapping[str, object] | None, str]:
    """The JSON that a program printed, None where it printed none; its last words besides.

    Its exit code tells less than that: pip-audit's is 0 where it could ask about nothing.
    """
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=_ANSWERS_WITHIN_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return None, f"no answer within {_ANSWERS_WITHIN_SECONDS:g} s"
    said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    try:
        report = json.loads(done.stdout)
    except ValueError:
        report = None
    return (report if isinstance(report, dict) else None), (said or ["it said nothing"])[-1]
