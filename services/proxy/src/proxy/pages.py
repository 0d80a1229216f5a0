"""The pages that requests are booked on: one for each method, endpoint, model and way."""

from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.ledger import Ledger, Page
from proxy.story import Story

_NAMES = ("method", "endpoint", "model", "routing")


class Pages:
    """The pages of one process. As bounded as the labels are."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._pages: dict[tuple[str, str, str, str], Page] = {}
        self._of_users: dict[tuple[str, str], Page] = {}

    def of(self, story: Story) -> Page:
        """The page for a request, by what is known of it now."""
        key = (story.method, story.endpoint.template, story.model, story.routing)
        page = self._pages.get(key)
        if page is None:
            # what is in flight is told at each scrape; none is 0, not absent
            self.ledger.add(m.ACTIVE, 0, (story.model, story.endpoint.template, story.routing))
            page = self.ledger.page(dict(zip(_NAMES, key, strict=True)))
            self._pages[key] = page
        return page

    def of_user(self, user: str, routing: str) -> Page:
        """The page for what one user does, by the user's label."""
        page = self._of_users.get((user, routing))
        if page is None:
            page = self.ledger.page({"user": user, "routing": routing})
            self._of_users[user, routing] = page
        return page
