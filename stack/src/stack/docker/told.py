"""What make told the containers: digests of the operator's variables, until it stops them."""

import shutil
from collections.abc import Collection, Iterable

from stack.concerns import concerns, digests_after
from stack.docker.containers import PART_OF, Container, parts_of
from stack.places import Places, private_folder
from stack.plan import Plan, digests
from stack.request import Request
from stack.unsaid import no_longer_set

_FOLDER = "containers-told"


def told(places: Places, found: Iterable[Container]) -> Plan:
    """A plan of digests alone; without any where nothing runs, or make did not start it.

    What somebody took down and up by hand in between counts as what make started.
    """
    return (Plan.load(places.run / _FOLDER) if parts_of(found) else None) or Plan()


def told_anew(
    request: Request, found: Collection[Container], services: Iterable[str]
) -> tuple[list[str], Plan]:
    """Where Compose brings these services: the settings that go with it, and what is told then."""
    before = told(request.places, found)
    running = parts_of(found)
    anew = {PART_OF.get(name, name) for name in services}
    stays = running - anew
    going = [
        name
        for name in no_longer_set(before.digests, request.variables, running)
        if not stays or concerns(name, running & anew, is_routed=False)
    ]
    return going, Plan(digests=digests_after(before, digests(request.variables), stays, anew))


def note_told(places: Places, plan: Plan) -> None:
    """Remember it."""
    folder = places.run / _FOLDER
    private_folder(folder)
    plan.save(folder)


def forget_told(places: Places) -> None:
    """None of the containers is left."""
    shutil.rmtree(places.run / _FOLDER, ignore_errors=True)
