"""Bucket ladders, each with its reason. Units: seconds unless the name says otherwise."""

# Whole requests: a slow CPU needs ten minutes and more for a long answer.
LATENCY = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800)

# First tokens: milliseconds from a warm cache to minutes behind a cold load.
FIRST_TOKEN = (
    *(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5),
    *(10, 20, 40, 80, 160, 320, 640),
)

# One token after the other: fine at the head for small fast models, a tail for CPUs.
PER_TOKEN = (
    *(0.002, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75),
    *(1, 2.5, 5, 10),
)

# The longest silence inside a stream: below 0.1 s nobody notices.
STALL = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)

# Tokens per second, from a laptop's CPU to a data-centre card.
TOKENS_PER_SECOND = (1, 2.5, 5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000)

# Tokens of one request, in powers of four, to the longest contexts in use.
TOKENS = (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576)

# Bodies in bytes: a short prompt to a picture book.
BYTES = tuple(
    float(x) for x in (64, 256, *(1024 * 4**n for n in range(4)), *(2**20 * 4**n for n in range(4)))
)

# What the proxy itself adds: a tenth of a millisecond is good, a quarter second a fault.
OVERHEAD = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25)

# A look into the answer cache: memory takes microseconds, a server a millisecond, an embedding ten;
# where the lists of models do not come, a second.
CACHE_LOOKUP = (
    *(0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25),
    *(0.5, 1, 2.5),
)

# Cosines of questions: what is near lies close together.
SIMILARITY = (0.5, 0.7, 0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 1)

# What the Portkey gateway adds: a millisecond or two, and where it retries 1, 3, 7, 15 seconds.
OVERHEAD_OF_GATEWAY = (
    *(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1, 2.5, 5, 10, 20, 40),
)

# Context windows in tokens, in powers of two as they are set.
CONTEXT = tuple(float(128 * 2**n) for n in range(12))

# How late the traffic worker sends: at ten milliseconds its figures cease to be the server's.
SEND_DELAY = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)

# A query of the dashboard: a millisecond for what is recorded, seconds for a month of histograms.
QUERY = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30)

# How wrong an estimate was, as a share of what became true: 1 is off by as much as it is long.
ESTIMATE_ERROR = (0.05, 0.1, 0.2, 0.5, 1, 2)
