"""The verb: one screen or one document, or a screen that is watched.

Exit codes: 0 somebody answered, or the viewer left; 3 nobody answers.
"""

import contextlib
import json
import shutil
import sys
import time
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace

from rich.console import Console

from ollama_observe.service.replicas import each_of
from stack import supervised
from stack.console import say
from stack.errors import SettingsError
from stack.plan import Plan
from stack.request import Request
from stack.top.asking import Asker, HttpAsker
from stack.top.facts import Facts
from stack.top.glyphs import glyphs_of
from stack.top.json_form import document
from stack.top.live import Live
from stack.top.look import Look
from stack.top.screen import Size, screen
from stack.top.targets import Flags, Targets, named, running
from stack.top.terminal import Terminal, is_screen
from stack.top.watch import Rhythm, Watch

SOMEBODY, NOBODY = 0, 3

LEAST_SECONDS, MOST_SECONDS = 0.2, 3600.0
_TABLE_SECONDS = 2.0
"""What ended is told for five: asked less often, some of it would not be seen."""
_FIND_SECONDS = 5.0
_COLUMNS = 80

Find = Callable[[], Targets]
Open = Callable[[str], Asker]


def top(request: Request, arguments: Namespace, elsewhere: Plan | None = None) -> int:
    """Show what runs here, or what the command line names. Raises: StackError.

    `elsewhere` is what runs, where this stack's supervisor does not run it.
    """
    flags = flags_of(arguments)
    if flags:
        targets = named(flags, request.settings)
        return show(request, arguments, lambda: each_replica(targets), HttpAsker)

    def find() -> Targets:
        here = Plan.load(request.places.run) if supervised.connect(request.socket) else None
        return running(elsewhere or here, request.settings)

    return show(request, arguments, find, HttpAsker)


def flags_of(arguments: Namespace) -> Flags:
    """What the command line names."""
    proxies = tuple(arguments.proxy or ())
    return Flags(arguments.host, proxies, arguments.exporter, arguments.prometheus)


def each_replica(targets: Targets) -> Targets:
    """With each proxy that answers to a name; of a name that nobody has, the name."""
    each = [replica for url in targets.proxies for replica in each_of(url) or (url,)]
    return replace(targets, proxies=tuple(dict.fromkeys(each)))


def show(
    request: Request,
    arguments: Namespace,
    find: Find,
    open_asker: Open,
    find_seconds: float = _FIND_SECONDS,
) -> int:
    """Show it as the command line and the terminal have it. Raises: StackError."""
    interval = arguments.interval
    if not LEAST_SECONDS <= interval <= MOST_SECONDS:
        least, most = f"{LEAST_SECONDS:g}", f"{MOST_SECONDS:g}"
        raise SettingsError(f"--interval: expected {least} to {most} seconds, found {interval:g}")
    if arguments.once or arguments.json or not is_screen(sys.stdout, request.variables):
        facts = once(Watch(find(), find, open_asker, Rhythm(page_seconds=0.0)), interval)
        show_once(facts, arguments.json)
        return SOMEBODY if facts.is_anybody_there else NOBODY
    rhythm = Rhythm(table_seconds=min(interval, _TABLE_SECONDS), find_seconds=find_seconds)
    live(Watch(find(), find, open_asker, rhythm), interval)
    return SOMEBODY


def once(watch: Watch, interval_seconds: float) -> Facts:
    """What is known after two looks: rates are what lies between them."""
    try:
        watch.ask_all()
        if watch.facts().is_anybody_there:
            time.sleep(interval_seconds)
            watch.ask_all()
        return watch.facts()
    finally:
        watch.close()


def show_once(facts: Facts, as_json: bool) -> None:
    """Print a document, or a screen with all of its rows."""
    if as_json:
        say(json.dumps(document(facts), indent=2))
        return
    encoding = sys.stdout.encoding or "ascii"
    width = shutil.get_terminal_size((_COLUMNS, 0)).columns
    for line in screen(facts, Look(), Size(width), glyphs_of(encoding)):
        say(line.plain.encode(encoding, errors="replace").decode(encoding))


def live(watch: Watch, interval_seconds: float) -> None:
    """Show it until somebody has seen enough, or the terminal is gone."""
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    watch.start()
    try:
        with contextlib.suppress(EOFError), Terminal() as terminal:
            glyphs = glyphs_of(sys.stdout.encoding)
            Live(watch.facts, terminal, console, glyphs, interval_seconds).run()
    finally:
        watch.stop()
