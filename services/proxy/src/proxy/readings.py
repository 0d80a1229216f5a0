"""The reading of one answer: which meter is fed, and what moves while it passes."""

from typing import Protocol

from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.wire.encodings import Decoder, decoder_for
from ollama_observe.wire.endpoints import Answer
from ollama_observe.wire.framing import Framing, framing_of
from ollama_observe.wire.meter import StreamMeter
from ollama_observe.wire.progress import ProgressMeter
from proxy.headers import Headers, is_plain, value_of
from proxy.pages import Pages
from proxy.story import Story
from proxy.transfers import Transfer


class Reading(Protocol):
    """An answer that is read as it passes."""

    @property
    def proven_model(self) -> str | None:
        """The model that the answer proves to exist; None as long as it does not."""

    def feed(self, at: float, pieces: list[bytes]) -> None:
        """Take note of what arrived at `at`."""

    def count(self) -> None:
        """Move the counters by what was fed, under the name that the model has by now."""

    def finish(self, at: float) -> None:
        """The answer has come to its end."""

    def close(self) -> None:
        """Nothing more is read, whatever became of the answer."""


class Generation:
    """The answer of a model: its tokens are counted while they come."""

    def __init__(self, pages: Pages, story: Story, meter: StreamMeter) -> None:
        self._pages = pages
        self._story = story
        self._meter = meter
        # records may stand in for tokens until the true count comes, where it is to come
        is_stream = meter.framing is not Framing.JSON
        self._is_live = is_stream and (story.asks_usage or not meter.is_usage_optional)

    @property
    def proven_model(self) -> str | None:
        """See Reading."""
        return self._meter.model

    def feed(self, at: float, pieces: list[bytes]) -> None:
        """See Reading."""
        for piece in pieces:
            self._meter.feed(at, piece)

    def count(self) -> None:
        """See Reading."""
        if self._is_live:
            outputs, story = self._meter.outputs, self._story
            new = outputs - story.tokens_counted
            if new:
                story.tokens_counted = outputs
                self._pages.of(story).add(m.GENERATED_TOKENS, new)

    def finish(self, at: float) -> None:
        """See Reading."""
        self._meter.finish(at)

    def close(self) -> None:
        """See Reading."""


class Decoded:
    """An answer that is compressed: what its decoder makes of it is read."""

    def __init__(self, pages: Pages, story: Story, reading: Reading, decoder: Decoder) -> None:
        self._pages = pages
        self._story = story
        self._reading = reading
        self._decoder = decoder
        self._is_lost = False

    @property
    def proven_model(self) -> str | None:
        """See Reading."""
        return self._reading.proven_model

    def feed(self, at: float, pieces: list[bytes]) -> None:
        """See Reading. Of what cannot be decoded to its end, nothing is known."""
        if self._is_lost:
            return
        self._reading.feed(at, [self._decoder.feed(piece) for piece in pieces])
        if self._decoder.is_broken:
            self._is_lost = True
            self._reading.close()
            self._story.meter = self._story.progress = None
            _count_unread(self._pages, self._story, "encoding")

    def count(self) -> None:
        """See Reading."""
        if not self._is_lost:
            self._reading.count()

    def finish(self, at: float) -> None:
        """See Reading."""
        if not self._is_lost:
            self._reading.finish(at)

    def close(self) -> None:
        """See Reading."""
        self._reading.close()


def reading_of(pages: Pages, story: Story, headers: Headers) -> Reading | None:
    """Begin to read an answer with these headers; None, counted, where it cannot be read."""
    framing = framing_of(value_of(headers, b"content-type"))
    if framing is None and story.endpoint.answer is Answer.TRANSCRIPTION:
        return None  # it may be asked for as plain text, which holds nothing to be read
    if framing is None:
        _count_unread(pages, story, "framing")
        return None
    if is_plain(headers):
        return _plain(pages, story, framing)
    decoder = decoder_for(value_of(headers, b"content-encoding"))
    if decoder is None:
        _count_unread(pages, story, "encoding")
        return None
    return Decoded(pages, story, _plain(pages, story, framing), decoder)


def _plain(pages: Pages, story: Story, framing: Framing) -> Reading:
    if story.endpoint.answer is Answer.PROGRESS:
        story.progress = ProgressMeter(framing)
        return Transfer(pages.ledger, story, story.progress)
    story.meter = StreamMeter(story.endpoint.answer, framing)
    return Generation(pages, story, story.meter)


def _count_unread(pages: Pages, story: Story, reason: str) -> None:
    pages.of(story).add(m.EXTRACTION_ERRORS, 1, reason)
