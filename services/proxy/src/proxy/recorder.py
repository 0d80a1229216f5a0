"""Takes note of one request as it passes, and has its story booked when it is over.

Nothing here may touch the traffic: no method raises, mistakes are counted, once a request.
After one nothing more is read from the answer, and the rest is booked as ever.
Instants are seconds of the relay's clock.
"""

import contextlib

import structlog

from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.metric import OTHER
from ollama_observe.wire.endpoints import Endpoint
from ollama_observe.wire.models import normalise_model
from ollama_observe.wire.requests import COPY_LIMIT_BYTES, RequestFacts, read_request
from proxy.books import Books, Named
from proxy.cache.entries import Entry
from proxy.cache.results import Result
from proxy.headers import Headers, value_of
from proxy.outcomes import WHOLE, Ending
from proxy.portkey.answers import answer_of, is_own_words
from proxy.portkey.config import PortkeyConfig
from proxy.portkey.passages import Passage
from proxy.queue.standing import Standing
from proxy.readings import Reading, reading_of
from proxy.remainder import Remainder
from proxy.routing import Bypass, Routing
from proxy.story import UPLOAD, Story

_log = structlog.stdlib.get_logger("proxy.relay")


class Recorder:
    """Takes note of one request as it passes; `finish` makes metrics and a log line of it.

    A Witness.
    """

    _reading: Reading | None = None
    _copied_bytes = 0
    _is_nameless = False
    """Which model it is, if any, only the answer can say."""
    _has_rest = False
    """Its client has left, and others get the rest of its answer."""
    _is_finished = False
    _rest_end: tuple[float, Ending] | None = None
    """When and how the rest ended, where that was before its request was booked."""
    _has_failed = False

    def __init__(self, books: Books, story: Story, headers: Headers) -> None:
        self._books = books
        self.story = story
        self._headers: Headers | None = headers
        wants_body = story.endpoint.has_model and story.is_call
        self._pieces: list[bytes] | None = [] if wants_body else None

    @property
    def request_id(self) -> str:
        """The id that the client gave, or that was made for it."""
        return self.story.request_id

    @property
    def endpoint(self) -> Endpoint:
        """The route that the request is for."""
        return self.story.endpoint

    @property
    def facts(self) -> RequestFacts:
        """What the request's body says, once it has been read."""
        return self.story.facts

    def body_piece(self, data: bytes) -> None:
        """A piece of the request's body has come."""
        try:
            self.story.request_bytes += len(data)
            if self._pieces is not None:
                self._copied_bytes += len(data)
                if self._copied_bytes <= COPY_LIMIT_BYTES:
                    self._pieces.append(data)
                else:
                    self._pieces = None
            elif self.story.is_upload:
                self._books.pages.of(self.story).add(m.TRANSFER_BYTES, len(data), UPLOAD)
        except Exception as error:  # noqa: BLE001 (fail open, and counted)
            self.failed("body_piece", error)

    def request_read(self, at: float) -> None:
        """The request's last byte has come."""
        try:
            self.story.read_at = at
            pieces, self._pieces = self._pieces, None
            headers, self._headers = self._headers, None
            if pieces and headers is not None:
                self._read_request(pieces, headers)
        except Exception as error:  # noqa: BLE001
            self.failed("request_read", error)

    def connected(self, asked_at: float, at: float) -> None:
        """There is a connection to the upstream: how long the whole request waited for it."""
        story = self.story
        if story.read_at is not None:
            # a look into the cache was on the way, and that is the proxy's own doing; a wait in
            # its queue is told apart
            waited = at - max(asked_at, story.read_at) - story.whole_queued_seconds
            story.connecting_seconds = max(0.0, waited - story.lookup_seconds)

    def crosses(self, passage: Passage, config: PortkeyConfig) -> None:
        """The request goes through the gateway, which is told to do with it as `config` says."""
        story = self.story
        story.routing, story.passage, story.config = Routing.PORTKEY.value, passage, config

    def looked_up(self, result: Result, entry: Entry | None, seconds: float = 0.0) -> None:
        """The answer cache was looked into."""
        story = self.story
        story.cached, story.entry, story.lookup_seconds = result, entry, seconds
        if result.is_hit:  # it went nowhere, whatever way was chosen
            story.routing, story.passage, story.bypass = Routing.CACHE.value, None, None

    def queues(self, standing: Standing, at: float) -> None:
        """It has come to the proxy's queue, and waits there until its turn comes."""
        self.story.standing, self.story.queued_at = standing, at

    def turn_came(self, at: float) -> None:
        """Its turn has come: it goes on."""
        self.story.turn_at = at

    def hands_on(self) -> None:
        """Its client leaves before anything came, and its request becomes another's."""
        story = self.story
        story.is_outlived, story.passage, story.bypass = True, None, None

    def takes_over(self, sent_at: float) -> None:
        """What another has sent, and has left, is now this one's."""
        self.story.worked_on_since = sent_at

    def outlived(self) -> Remainder | None:
        """Its client leaves, and others get the rest; None where it had everything."""
        meter = self.story.meter
        if meter is not None and meter.is_ended:
            return None
        self.story.is_outlived = self._has_rest = True
        return Remainder(self, self._books.closing)

    def rerouted(self, reason: Bypass) -> None:
        """The request goes directly, although it was to go through the gateway."""
        story = self.story
        story.routing, story.passage, story.bypass = Routing.DIRECT.value, None, reason

    def usage_asked(self) -> None:
        """Token counts are asked for in the client's name."""
        self.story.asks_usage = True

    def withheld(self, size: int) -> None:
        """So many bytes of the answer did not go on to the client."""
        self.story.response_bytes -= size

    def answered(self, size: int) -> None:
        """The client got an answer of ours instead of the upstream's, with so many bytes."""
        story = self.story
        story.upstream_status = None
        story.response_bytes = size
        self._drop_reading()

    def client_keeps_up(self, at: float, is_so: bool) -> None:
        """The client takes no more of the answer for now, or again."""
        if self.story.passage is not None:
            self.story.passage.client_keeps_up(at, is_so)

    def request_sent(self, at: float) -> None:
        """The request's last byte was handed to the upstream's transport."""
        story = self.story
        if story.sent_at is None and not story.is_spared:
            story.sent_at = at
            if story.passage is not None:
                story.passage.gateway_got(at)
            if story.forecast is not None:
                self._foretell(at)

    def head_received(self, at: float, status: int, headers: Headers) -> None:
        """The final answer begins."""
        try:
            story = self.story
            story.upstream_status = status
            if story.passage is not None:
                story.passage.gateway_gave(at)
                story.portkey = answer_of(headers, status, story.config)
                story.is_gateways_own = status >= 400 and story.portkey.is_own
            if not (200 <= status < 300 and story.is_call):
                return
            self._is_nameless = story.endpoint.has_model
            if story.endpoint.proves_model and story.facts.model:
                self._name_from(story.facts.model)
            if story.endpoint.is_metered and not story.is_spared:
                self._reading = reading_of(self._books.pages, story, headers)
        except Exception as error:  # noqa: BLE001
            self._reading_failed("head_received", error)

    def pieces_received(self, at: float, pieces: list[bytes], handed_on_at: float) -> None:
        """Payload of the answer came with one read at `at`, and was handed on."""
        try:
            story = self.story
            story.held_seconds += handed_on_at - at
            for piece in pieces:
                story.response_bytes += len(piece)
            if story.passage is not None and pieces:
                self._gateway_gave(story, story.passage, at, pieces)
            self._feed(at, pieces)
        except Exception as error:  # noqa: BLE001
            self._reading_failed("pieces_received", error)

    def rest_received(self, at: float, pieces: list[bytes]) -> None:
        """Payload of the answer came that its client does not get."""
        try:
            self._feed(at, pieces)
        except Exception as error:  # noqa: BLE001
            self._reading_failed("rest_received", error)

    def ended(self, at: float, ending: Ending) -> None:
        """The request is over. Called exactly once."""
        self._books.closing.add(self, at, ending)

    def finish(self, at: float, ending: Ending) -> None:
        """Book the request. Called exactly once, when the bytes have left."""
        books, story = self._books, self.story
        if not self._has_rest:
            books.inflight.leave(story)
            self._end_reading(at, ending)
        try:
            story.end(at, ending)
        except Exception as error:  # noqa: BLE001
            self.failed("end", error)
        self._book(books.steps.of_request)
        if not self._has_rest:
            self._book(books.steps.of_answer)
        self._is_finished = True
        if self._rest_end is not None:
            self.finish_rest(*self._rest_end)

    def finish_rest(self, at: float, ending: Ending) -> None:
        """Book what the upstream did for those who were left, after its request."""
        if not self._is_finished:
            self._rest_end = at, ending
            return
        self._books.inflight.leave(self.story)
        self._end_reading(at, ending)
        self.story.rest_ended(at, is_wasted=ending is Ending.CLIENT_GONE)
        self._book(self._books.steps.of_answer)

    def _book(self, steps: Named) -> None:
        story = self.story
        try:
            page = self._books.pages.of(story)
        except Exception as error:  # noqa: BLE001
            self.failed("page", error)
            return
        for name, step in steps:
            try:
                step(page, story)
            except Exception as error:  # noqa: BLE001
                self.failed(name, error)

    def failed(self, where: str, error: Exception) -> None:
        """Count a mistake of the measuring itself; name its kind, never its content."""
        if self._has_failed:
            return
        self._has_failed = True
        with contextlib.suppress(Exception):
            _log.error("measuring_failed", where=where, error=type(error).__name__)
            self._books.pages.of(self.story).add(m.EXTRACTION_ERRORS, 1, "exception")

    def _feed(self, at: float, pieces: list[bytes]) -> None:
        reading = self._reading
        if reading is None:
            return
        reading.feed(at, pieces)
        if self._is_nameless and (model := reading.proven_model):
            self._name_from(model)
        reading.count()

    def _gateway_gave(self, story: Story, passage: Passage, at: float, pieces: list[bytes]) -> None:
        passage.gateway_gave(at)
        status = story.upstream_status
        if status is not None and status >= 500 and story.response_bytes == sum(map(len, pieces)):
            story.is_gateways_own = story.is_gateways_own or is_own_words(b"".join(pieces))

    def _reading_failed(self, where: str, error: Exception) -> None:
        """What has been read of the answer is not all of it, hence nothing to go by."""
        self.failed(where, error)
        self._drop_reading()

    def _drop_reading(self) -> None:
        reading, self._reading = self._reading, None
        self.story.meter = self.story.progress = None
        if reading is not None:
            with contextlib.suppress(Exception):
                reading.close()

    def _name_from(self, model: str) -> None:
        # once a request, so that a full table is asked, and its overflow counted, once
        self._is_nameless = False
        self.story.model = self._books.models.admit(model)

    def _end_reading(self, at: float, ending: Ending) -> None:
        reading = self._reading
        if reading is None:
            return
        try:
            reading.close()
            if ending in WHOLE:
                reading.finish(at)
                if self._is_nameless and (model := reading.proven_model):
                    self._name_from(model)
        except Exception as error:  # noqa: BLE001
            self._reading_failed("finish", error)

    def _foretell(self, at: float) -> None:
        try:
            if self._books.insight is not None:
                self._books.insight.sent(self.story, at)
        except Exception as error:  # noqa: BLE001
            self.failed("foretell", error)

    def _read_request(self, pieces: list[bytes], headers: Headers) -> None:
        story = self.story
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        content_type = value_of(headers, b"content-type")
        story.facts = read_request(body, content_type, value_of(headers, b"content-encoding"))
        story.asks_usage = story.facts.include_usage
        story.model = self._books.models.known(story.facts.model)
        # another process may know the model that has no label here yet
        name = normalise_model(story.facts.model or "") if story.model == OTHER else story.model
        story.last_use = self._books.reloads.last_use(name)
        if self._books.insight is not None:
            self._books.insight.read(story, body)
