"""How the loaded models really run, and what Ollama was set to.

Nobody is asked: the command lines of the models' processes tell the one, the environment of
Ollama's process the other, where this user may read it.
"""

from collections.abc import Iterator, Mapping

from gpu_exporter.board import Fact, recent
from gpu_exporter.collector import Context
from gpu_exporter.errors import Unavailable
from gpu_exporter.machine.processes import Processes, processes
from gpu_exporter.ollama import command_lines, environment
from gpu_exporter.ollama.absence import elsewhere, silence
from gpu_exporter.ollama.command_lines import Item, Kind
from gpu_exporter.ollama.configuration import Configuration, ModelConfiguration
from gpu_exporter.ollama.differences import compare
from gpu_exporter.ollama.effective import Effective, effective
from gpu_exporter.ollama.environment import Settings
from gpu_exporter.ollama.listening import asked_port, port_of
from gpu_exporter.ollama.matching import Known, Match, match, parts
from gpu_exporter.ollama.runners import is_engine
from gpu_exporter.ollama.sightings import Lookout, Runner, Sightings
from gpu_exporter.reading import Reading, one
from ollama_observe.metrics.catalogue import configuration as m
from ollama_observe.metrics.metric import Metric
from ollama_observe.wire.loaded import LoadedModel

UNKNOWN = "unknown"

_NUMBERS = {
    Item.CONTEXT: m.CONTEXT,
    Item.CONTEXT_TOTAL: m.CONTEXT_TOTAL,
    Item.PARALLEL: m.PARALLEL,
    Item.BATCH: m.BATCH,
    Item.MICRO_BATCH: m.MICRO_BATCH,
    Item.GPU_LAYERS: m.GPU_LAYERS,
    Item.THREADS: m.THREADS,
}

_SEE_ELSE = (
    "it runs on another machine (GPU_EXPORTER_OLLAMA_ELSEWHERE=true says so), or in a container or "
    "for a user whose processes are hidden from here"
)


class OllamaConfiguration:
    """Looks at processes; to run after OllamaServer, which says what is loaded, in its lane."""

    name = "ollama_configuration"
    metrics: tuple[Metric, ...] = m.METRICS

    def __init__(self, context: Context, seen: Processes | None = None) -> None:
        self._context = context
        self._seen = seen or processes(context.settings.host_proc)
        self._lookout = Lookout(self._seen, context.clock)
        self._interval_seconds = context.settings.ollama_interval_seconds

    def collect(self) -> Iterator[Reading]:
        """See Collector. What was found out is pinned to the board, as is why nothing was."""
        try:
            sightings = self._look()
        except Unavailable as reason:
            self._pin(Configuration(notes=(str(reason),)))
            raise
        found = self._found(sightings)
        self._pin(found)
        yield Reading(m.SETTINGS_READABLE, found.settings is not None)
        for setting in (found.settings or {}).values():
            yield Reading(m.SETTING_INFO, 1, (setting.name, setting.shown))
        for model in found.models:
            yield from _readings(model)

    def _look(self) -> Sightings:
        """What is seen. Raises: Unavailable where that is nothing of the Ollama that is asked."""
        settings, board, now = self._context.settings, self._context.board, self._context.clock()
        if settings.ollama_elsewhere:
            board.runners = None
            raise Unavailable(elsewhere("its processes are not here"))
        sightings = self._lookout.look()
        board.runners = Fact.regular(now, len(sightings.runners), self._interval_seconds)
        loaded = recent(board.loaded, now)
        if loaded is None:
            raise Unavailable(silence(settings.ollama_url))
        where = f"among the processes of {self._seen.where}"
        if loaded and not sightings.runners:
            raise Unavailable(
                f"none of the models that Ollama has loaded ({len(loaded)}) is seen {where}: "
                f"{_SEE_ELSE}"
            )
        if not sightings.runners and not sightings.servers:
            raise Unavailable(f"no Ollama is seen {where}: {_SEE_ELSE}")
        return sightings

    def _found(self, sightings: Sightings) -> Configuration:
        board, now = self._context.board, self._context.clock()
        loaded = recent(board.loaded, now) or ()
        shown = [model.name for model in loaded[: self._context.settings.model_label_limit]]
        names = recent(board.names_by_weights, now) or {}
        found = match(sightings, Known(shown, names, self._may_listen, self._is_as_told))
        told = {pid: self._settings(pid) for pid in found.servers}
        # one that has ended meanwhile is not one that may not be read
        settings = {
            pid: one for pid, one in told.items() if one is not None or self._seen.words(pid)
        }
        models = [
            self._model(name, runner, settings.get(runner.server))
            for name, runner in found.runners.items()
        ]
        notes = list(_notes(found, settings, len(loaded)))
        ours = next(iter(settings.values())) if len(settings) == 1 else None
        return Configuration(models, ours, notes)

    def _may_listen(self, pid: int) -> bool:
        """Whether a process is not known to listen elsewhere than at the port that is asked."""
        words, block = self._seen.words(pid), self._seen.environment(pid)
        port = None if not words or block is None else port_of(words, block)
        return port is None or port == asked_port(self._context.settings.ollama_url)

    def _is_as_told(self, runner: Runner, name: str) -> bool:
        """Whether a runner has the context that Ollama tells of a model."""
        loaded = self._loaded(name)
        tokens = effective(command_lines.read(runner.words), None, None).number(Item.CONTEXT)
        return loaded is not None and tokens == loaded.context_tokens

    def _loaded(self, name: str) -> LoadedModel | None:
        """What Ollama tells of a loaded model, which may have several names."""
        models = recent(self._context.board.loaded, self._context.clock()) or ()
        return next((model for model in models if model.name in parts(name)), None)

    def _settings(self, pid: int) -> Settings | None:
        """What a process of Ollama's, or an engine, was set to; None where that is not told."""
        words, block = self._seen.words(pid), self._seen.environment(pid)
        if not words or block is None:
            return None
        if is_engine(words):
            return environment.of_engine(block, words)
        return environment.of_ollama(block)

    def _model(self, name: str, runner: Runner, settings: Settings | None) -> ModelConfiguration:
        board, now = self._context.board, self._context.clock()
        line = command_lines.read(runner.words)
        block = self._seen.environment(runner.pid) if line.kind is Kind.LLAMA_SERVER else None
        taken = None if block is None else environment.of_runner(block)
        loaded = self._loaded(name)
        known = effective(line, taken, loaded.context_tokens if loaded else None)
        trained = recent(board.trained_tokens, now) or {}
        longest = next((trained[part] for part in parts(name) if part in trained), None)
        return ModelConfiguration(name, known, compare(settings or {}, known, longest))

    def _pin(self, found: Configuration) -> None:
        now = self._context.clock()
        self._context.board.configuration = Fact.regular(now, found, self._interval_seconds)


def _notes(found: Match, settings: Mapping[int, Settings | None], loaded: int) -> Iterator[str]:
    """What could not be told, and why."""
    if found.strangers:
        yield (
            f"model processes that are seen and are of no loaded model that is known: "
            f"{found.strangers}; they are another Ollama's, or the name was not told yet"
        )
    if found.doubtful:
        yield (
            "models that several Ollamas have loaded here, so that which process is asked is not "
            f"known: {', '.join(found.doubtful)}"
        )
    if unseen := loaded - sum(len(parts(name)) for name in (*found.runners, *found.doubtful)):
        yield f"loaded models whose process is not seen, or beyond the limit: {unseen}"
    if not settings:
        yield "Ollama's own process is not seen: what is set is not known"
    if len(settings) > 1:
        numbers = ", ".join(map(str, sorted(settings)))
        yield f"several Ollamas run here (processes {numbers}), and which one is asked is not known"
    for pid in sorted(pid for pid, told in settings.items() if told is None):
        yield (
            f"the environment of Ollama's process {pid} may be read by its own user and by root "
            "alone: what is set is not known (docs/SETTINGS.md says how it can be)"
        )


def _readings(model: ModelConfiguration) -> Iterator[Reading]:
    yield Reading(m.CONFIG_INFO, 1, (model.model, *_described(model.effective)))
    for item, metric in _NUMBERS.items():
        yield from one(metric, model.effective.number(item), model.model)
    for compared in model.comparisons:
        yield Reading(m.SETTING_DIFFERS, compared.differs, (model.model, compared.setting))


def _described(known: Effective) -> tuple[str, ...]:
    flash, layers = known.word(Item.FLASH_ATTENTION), known.word(Item.GPU_LAYERS)
    return (known.kind, *(word or UNKNOWN for word in (flash, known.cache_type, layers)))
