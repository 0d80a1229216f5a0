"""Header fields between the proxy, the gateway and their clients.

Source: design notes "portkey", parts 2 and 5; the gateway 1.15.2.
"""

PREFIX = b"x-portkey-"
"""What the names of the gateway's own begin with."""
CONFIG = b"x-portkey-config"
PROVIDER = b"x-portkey-provider"
CUSTOM_HOST = b"x-portkey-custom-host"
TRACE_ID = b"x-portkey-trace-id"
FORCE_REFRESH = b"x-portkey-cache-force-refresh"
CACHE_STATUS = b"x-portkey-cache-status"
"""Of answers: what a look into a cache brought."""
LEG = b"x-ollama-observe-leg"
"""By which a request that comes back is known."""

CHOOSING = frozenset({CONFIG, PROVIDER, CUSTOM_HOST, b"x-portkey-virtual-key"})
"""Of a client's: what chooses where the gateway sends its request, where it may."""
OF_ONE = frozenset({TRACE_ID, b"x-portkey-metadata", FORCE_REFRESH})
"""Of those that go through: what says nothing of the answer."""
