"""Programs of the Prometheus project that the stack runs and does not bring, as data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Program:
    """One of them.

    `name` is its file in a release and its folder among what was fetched, `tool` the file beside
    it. `package` is the distribution's, `commands` what it may be called on PATH, ours first.
    `download` says how much a release weighs.
    """

    name: str
    title: str
    tool: str
    version: str
    download: str
    package: str
    commands: tuple[str, ...]

    @property
    def releases(self) -> str:
        """Where the project publishes it."""
        return f"https://github.com/prometheus/{self.name}/releases/download"


PROMETHEUS = Program(
    name="prometheus",
    title="Prometheus",
    tool="promtool",
    version="3.13.4",  # the long-term line of now, supported until July 2027; it has the web pages
    download="about 120 MB",
    package="prometheus",
    commands=("prometheus",),
)

ALERTMANAGER = Program(
    name="alertmanager",
    title="Alertmanager",
    tool="amtool",
    version="0.33.1",
    download="about 40 MB",
    package="prometheus-alertmanager",
    commands=("alertmanager", "prometheus-alertmanager"),  # the latter is Debian's and Ubuntu's
)
