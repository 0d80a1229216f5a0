"""What one relay process notes of its models' time: what they did, and what will come."""

from collections.abc import Callable

from ollama_observe.metrics.ledger import Page
from proxy.inflight import InflightTable
from proxy.insight.diary import Diary, Told
from proxy.insight.foresight import Foresight
from proxy.story import Story


class Insight:
    """One process's, which has these requests in flight. `clock` is the relay's, in seconds.

    `is_elsewhere` says whether a request's model computes on another machine.
    """

    def __init__(
        self,
        inflight: InflightTable,
        num_parallel: int,
        clock: Callable[[], float],
        is_elsewhere: Callable[[Story], bool],
    ) -> None:
        self._inflight = inflight
        self._clock = clock
        self._diary = Diary()
        self._foresight = Foresight(inflight.ahead_of, num_parallel, is_elsewhere)
        self.read = self._foresight.read

    def sent(self, story: Story, at: float) -> None:
        """A request was sent to the upstream."""
        if story.forecast is not None:
            self._foresight.sent(story, story.forecast, at)

    def book(self, page: Page, story: Story) -> None:
        """A request has ended. A booking step: see Steps."""
        foresight = self._foresight
        if self._diary.add(story) or story.forecast is not None or foresight.line:
            foresight.ended(page, story)

    def told(self) -> Told:
        """What the models did since it was told last, and what they do now."""
        return self._diary.told(self._clock(), self._inflight.stories(), self._foresight.expected)
