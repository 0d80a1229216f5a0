"""What settings mean together: mistakes that a start is refused for, and what it warns of."""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from ollama_observe.service.addresses import is_loopback
from proxy.access.advice import access_warnings
from proxy.access.making import keys_of, trust_of
from proxy.cache.plan import plan_of
from proxy.cache.semantic.models import profile_of
from proxy.cache.stores.choosing import Place, check_place, place_of, secret_of
from proxy.portkey.advice import portkey_warnings
from proxy.portkey.config import PortkeyConfig
from proxy.portkey.making import check_gateway, check_portkey_host, check_portkey_port, read_config
from proxy.settings import ProxySettings
from proxy.telemetry.plan import (
    check_headers,
    endpoint_of,
    headers_of,
    resource_of,
    signals_of,
    telemetry_warnings,
)
from proxy.upstreams import upstreams_of
from proxy.users import Users


def check_store(settings: ProxySettings) -> None:
    """Raises: ValueError, OSError for a store that cannot be."""
    check_place(place_of(settings.cache_store))


def check_secret(settings: ProxySettings) -> None:
    """Raises: ValueError for a server without one. Of a file it would be made here."""
    place = place_of(settings.cache_store)
    if place.kind == Place.SERVER:
        secret_of(place, settings.cache_secret.get_secret_value())


def check_threshold(settings: ProxySettings) -> None:
    """Raises: ValueError for an embedding model of which nobody knows what is near."""
    plan = plan_of(settings, read_config(settings))
    if plan is not None and plan.is_semantic:
        profile_of(settings.cache_embedding_model, settings.cache_threshold)


def check_otlp_endpoint(settings: ProxySettings) -> None:
    """Raises: ValueError for no address of a collector's, the proxy's own among them: each request
    to it would be one more to tell of."""
    parts = urlsplit(endpoint_of(settings))
    own = (settings.port, settings.control_port)
    if parts.hostname and is_loopback(parts.hostname) and parts.port in own:
        raise ValueError(f"expected the collector's port, found the proxy's own {parts.port}")


def check_queue(settings: ProxySettings) -> None:
    """Raises: ValueError for a queue in each of several processes."""
    if settings.queue and settings.workers > 1:
        raise ValueError(
            f"expected PROXY_WORKERS=1 with it, found {settings.workers}: there is one queue, and "
            "each process would have one of its own"
        )


CHECKS: Mapping[str, Callable[[ProxySettings], object]] = {
    "api_keys_file": keys_of,
    "trusted_addresses": trust_of,
    "user_aliases_file": lambda settings: Users(settings, on_overflow=lambda: None),
    "upstreams": upstreams_of,
    "portkey_host": check_portkey_host,
    "portkey_port": check_portkey_port,
    "portkey_config": check_gateway,
    "cache_store": check_store,
    "cache_secret": check_secret,
    "cache_threshold": check_threshold,
    "otlp_endpoint": check_otlp_endpoint,
    "otlp_signals": signals_of,
    "otlp_headers": check_headers,
    "otlp_headers_file": headers_of,
    "otlp_resource": resource_of,
    "queue": check_queue,
}
"""What a setting's own type does not tell: the setting, and what raises where it is wrong."""


def mistake_in(settings: ProxySettings) -> str | None:
    """The first mistake as a sentence that names the setting; None where there is none."""
    for name, check in CHECKS.items():
        try:
            check(settings)
        except (OSError, ValueError) as error:
            return f"PROXY_{name.upper()} (--{name.replace('_', '-')}): {error}"
    return None


def warnings_of(settings: ProxySettings, config: PortkeyConfig | None) -> dict[str, str]:
    """What the settings allow and an operator should know: event to advice."""
    found = access_warnings(settings) | telemetry_warnings(settings)
    if settings.user_header and not settings.user_salt.get_secret_value():
        found["user_salt_missing"] = "names can be guessed: set PROXY_USER_SALT"
    if settings.queue and 0 < settings.max_requests <= settings.queue_length:
        found["queue_never_full"] = (
            f"PROXY_MAX_REQUESTS={settings.max_requests} counts those that wait as well, and "
            f"refuses before PROXY_QUEUE_LENGTH={settings.queue_length} does: by neither class nor "
            "client"
        )
    return found | portkey_warnings(settings, config)
