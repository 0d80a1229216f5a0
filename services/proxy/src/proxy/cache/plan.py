"""What the cache is to be: by the settings, else by the `cache` of the gateway's configuration."""

from dataclasses import dataclass
from typing import Literal

from proxy.portkey.config import PortkeyConfig
from proxy.settings import ProxySettings

WEEK_SECONDS = 7 * 24 * 3600.0
"""How long answers last where nobody says, as in Portkey's own cache."""

Mode = Literal["simple", "semantic"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What was decided."""

    mode: Mode
    max_age_seconds: float

    @property
    def is_semantic(self) -> bool:
        """Whether questions in other words are looked for."""
        return self.mode == "semantic"


def plan_of(settings: ProxySettings, config: PortkeyConfig | None) -> Plan | None:
    """The plan; None where the cache is off."""
    stanza = config.cache if config is not None else None
    mode = settings.cache
    if mode == "auto":
        mode = "off" if stanza is None else stanza.mode
    if mode == "off":
        return None
    ages = (settings.cache_max_age_seconds, stanza.max_age_seconds if stanza else None)
    return Plan(mode, next((age for age in ages if age is not None), WEEK_SECONDS))
