"""Why a verb gives up. The message is what the operator reads.

StackError
├── SettingsError      bad input: exit code 2 instead of 1
├── NoAlertsError      nobody who knows of alerts was there: exit code 3
├── NoExporterError    nobody who knows of memory was there: exit code 3
├── NoWorkerError      no traffic worker was there: exit code 3
└── UnfitError         no containers: RUNTIME=auto goes on with processes of this machine
"""


class StackError(Exception):
    """The verb cannot do its work; the message says why and, where somebody knows, what helps."""

    exit_code = 1

    def __init__(self, why: str, remedy: str = "") -> None:
        super().__init__(f"{why}: {remedy}" if remedy else why)
        self.why = why
        self.remedy = remedy


class SettingsError(StackError):
    """The operator's variables make no sense; one sentence for each.

    `names` are the variables that are refused, where it is a matter of values.
    """

    exit_code = 2

    def __init__(self, why: str, remedy: str = "", names: tuple[str, ...] = ()) -> None:
        super().__init__(why, remedy)
        self.names = names


class NoAlertsError(StackError):
    """No Prometheus answers, or none that has alerts."""

    exit_code = 3


class NoExporterError(StackError):
    """No exporter answers, or it cannot tell: Ollama does not answer it."""

    exit_code = 3


class NoWorkerError(StackError):
    """No traffic worker answers."""

    exit_code = 3


class UnfitError(StackError):
    """Containers cannot be had, or not as asked; processes of this machine may be."""
