"""The story of a finished request, to what its parties have used."""

from ollama_observe.metrics.catalogue import access as m
from ollama_observe.metrics.ledger import Ledger, Page
from proxy.access.counts import Counts
from proxy.booking import tokens_by_type, tokens_of
from proxy.story import Story
from proxy.users import Users


def release(counts: Counts, _page: Page, story: Story) -> None:
    """A request of a party's is no longer in flight."""
    if story.grant is not None:
        for party in story.grant.parties:
            counts.leave(party.place)


def book_use(counts: Counts, _page: Page, story: Story) -> None:
    """What an answer took counts for the parties' limits, and for what they are told."""
    if story.grant is None:
        return
    prompt, generated = tokens_of(story)
    seconds = model_seconds_of(story)
    if prompt or generated or seconds:
        for party in story.grant.parties:
            counts.use(party.place, prompt, generated, seconds)


def book_spending(users: Users, ledger: Ledger, _page: Page, story: Story) -> None:
    """What was used of which model by whom: what energy and money are shared out by."""
    if not story.user or not story.is_inference:
        return
    labels = users.label(story.user, story.is_answered), story.model
    for kind, tokens in tokens_by_type(story):
        ledger.add(m.TOKENS, tokens, (*labels, kind))
    seconds = model_seconds_of(story)
    if seconds:
        ledger.add(m.SECONDS, seconds, labels)


def model_seconds_of(story: Story) -> float:
    """How long a request was the upstream's, from sent to the end of its answer."""
    began, ended = story.work_began_at, story.ended_at
    if not story.is_inference or story.is_spared or began is None or ended is None:
        return 0.0
    return max(0.0, ended - began)
