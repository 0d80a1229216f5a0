"""What reading can end with, where somebody who calls branches on it.

Exception
 +- Unavailable        this machine has none of it
 +- Incomplete         some of it could not be read
 |   +- CardsMissing   some of the cards
 +- NvmlError          NVML answered with a code (gpu_exporter.nvidia.library)
"""

from collections.abc import Sequence

from gpu_exporter.gpu import Gpu


class Unavailable(Exception):  # noqa: N818 (it is no error)
    """This machine has none of what a collector reads; the message says what was looked for."""


class Incomplete(Exception):  # noqa: N818 (it is not all an error)
    """Some of what should be there could not be read; what was yielded before stands."""


class CardsMissing(Incomplete):
    """Some cards or values could not be read, or a whole way to read cards failed.

    `gpus` are the cards that could, with what they told.
    """

    def __init__(self, reason: str, gpus: Sequence[Gpu]) -> None:
        super().__init__(reason)
        self.gpus = gpus
