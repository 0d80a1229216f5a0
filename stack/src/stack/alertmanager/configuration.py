"""Alertmanager's configuration: the sample with the operator's webhook, or a file of their own."""

import json
import re
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from stack.errors import StackError
from stack.outside import finished
from stack.places import Places
from stack.prometheus.durations import shortened
from stack.prometheus.programs import ALERTMANAGER
from stack.prometheus.sources import Binary, tool_at_hand, tool_of
from stack.request import Request
from stack.settings import ALERTMANAGER_SAMPLE, StackSettings

NO_WEBHOOK = "webhook_configs: []"
"""What stands in the sample where the operator's webhook comes in."""

_WAITS = re.compile(
    r"^(?P<before> +(?:group_wait|group_interval|repeat_interval): )(\d+)([smhd])$", re.MULTILINE
)


def require(request: Request) -> None:
    """Raises: StackError for a file that cannot be, as far as that is known before a start."""
    with tempfile.TemporaryDirectory() as private:
        path = _written(request, Path(private))
        _require_right(request.settings, tool_at_hand(ALERTMANAGER, request.places), path)


def source(settings: StackSettings, places: Places) -> Path:
    """The file that is named: the sample, or the operator's own. Raises: StackError."""
    path = settings.alertmanager_config
    try:
        path = places.repository / path.expanduser()
        with path.open(encoding="utf-8"):
            return path
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StackError(
            "ALERTMANAGER_CONFIG: expected a file with Alertmanager's configuration, found "
            f"{path}: {reason}"
        ) from error


def render(sample: str, webhook: str | None, time_scale: float) -> str:
    """The sample with a webhook and, for drills, shorter waits. Raises: StackError.

    What Alertmanager keeps to itself is not part of an address: user and password go beside it.
    """
    if webhook is not None:
        if sample.count(NO_WEBHOOK) != 1:
            raise StackError(
                f"ALERTMANAGER_WEBHOOK_URL: expected `{NO_WEBHOOK}` once in {ALERTMANAGER_SAMPLE}, "
                f"found {sample.count(NO_WEBHOOK)}"
            )
        sample = sample.replace(NO_WEBHOOK, f"webhook_configs: [{json.dumps(_entry(webhook))}]")
    if time_scale == 1:
        return sample
    return _WAITS.sub(lambda m: f"{m['before']}{shortened(m[2], m[3], time_scale)}", sample)


def prepare(request: Request, binary: Binary) -> Path:
    """The file for Alertmanager, written where it is ours, and checked. Raises: StackError."""
    path = _written(request, request.places.run)
    _require_right(request.settings, tool_of(ALERTMANAGER, binary.path), path)
    return path


def check(amtool: Path, path: Path) -> str | None:
    """What Alertmanager's own tool finds wrong with a file; None where it is right."""
    done = finished([str(amtool), "check-config", str(path)])
    # where the tool is what is wrong, Alertmanager itself will say what it thinks
    if done is None or done.returncode == 0:
        return None
    lines = (done.stdout.partition("FAILED: ")[2] or done.stderr).strip().splitlines()
    return "\n".join(lines)


def _written(request: Request, folder: Path) -> Path:
    """The sample, rendered into a folder for us alone; one of the operator's own as it lies."""
    settings, webhook = request.settings, request.settings.alertmanager_webhook_url
    path = source(settings, request.places)
    if settings.alertmanager_config != ALERTMANAGER_SAMPLE:
        return path
    secret = webhook.get_secret_value() if webhook else None
    sample, path = path.read_text(encoding="utf-8"), folder / "alertmanager.yml"
    _write(path, render(sample, secret, settings.prometheus_rules_time_scale))
    return path


def _require_right(settings: StackSettings, tool: Path | None, path: Path) -> None:
    # without its tool Alertmanager says itself what it thinks, when it is started
    complaint = None if tool is None else check(tool, path)
    if complaint is None:
        return
    webhook = settings.alertmanager_webhook_url
    if webhook is not None:
        complaint = complaint.replace(_address(webhook.get_secret_value()), "(the webhook)")
    raise StackError(
        f"ALERTMANAGER_CONFIG: Alertmanager does not take {settings.alertmanager_config}: "
        f"{complaint}"
    )


def _address(webhook: str) -> str:
    """A webhook without user and password."""
    parts = urlsplit(webhook)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _entry(webhook: str) -> dict[str, object]:
    parts = urlsplit(webhook)
    entry: dict[str, object] = {"url": _address(webhook), "send_resolved": True}
    if parts.username is not None:
        user = {"username": unquote(parts.username), "password": unquote(parts.password or "")}
        entry["http_config"] = {"basic_auth": user}
    return entry


def _write(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
