"""The pages that requests are booked on: one for each method, endpoint, model and way."""

from ollama_observe.metrics import catalogue as m
from ollama_observe.metrics.ledger import Ledger, Page
from proxy.story import Story


class Pages:
    """The pages of one process. As bounded as the labels are."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._pages: dict[tuple[str, str, str, str], Page] = {}
        self._of_users: dict[tuple[str, str], Page] = {}

    def of(self, story: Story) -> Page:
        """The page for a request, by what is known of it now."""
        key = (story.method, story.endpoint.template, story.model, story.routing)
        return self._pages.get(key) or self._begin(*key)

    def _begin(self, method: str, endpoint: str, model: str, routing: str) -> Page:
        key = (method, endpoint, model, routing)
        # what is in flight is told at each scrape; none is 0, not absent
        self.ledger.add(m.ACTIVE, 0, (model, endpoint, routing))
        names = {"method": method, "endpoint": endpoint, "model": model, "routing": routing}
        page = self._pages[key] = self.ledger.page(names)
        return page

    def of_user(self, user: str, routing: str) -> Page:
        """The page for what one user does, by the user's label."""
        page = self._of_users.get((user, routing))
        if page is None:
            page = self.ledger.page({"user": user, "routing": routing})
            self._of_users[user, routing] = page
        return page
