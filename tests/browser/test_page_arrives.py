"""What a browser is given: quickly, little, by strict rules, and from nowhere else."""

import re
import urllib.request
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.browser.readings import until_panel
from tests.browser.visits import Visits
from tests.browser.world import World

MOST_BYTES = 150_000
MOST_BYTES_BEFORE_PAINT = 30_000
PAINTED = """() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime"""
BEFORE_PAINT = """() => performance.getEntriesByType("resource").filter(
  ({ renderBlockingStatus }) => renderBlockingStatus === "blocking").map(
  ({ name, encodedBodySize }) => [new URL(name).pathname, encodedBodySize])"""
SENT = """() => performance.getEntriesByType("resource").filter(
  ({ name }) => /\\.(js|css)$/.test(name)).reduce((sum, one) => sum + one.encodedBodySize, 0)"""
ELSEWHERE = "http://192.0.2.1/x.png"
INLINE = """(elsewhere) => {
  const refused = [];
  const both = new Promise((resolve) => {
    document.addEventListener("securitypolicyviolation", (event) => {
      if (refused.push(event.violatedDirective) === 2) resolve();
    });
  });
  const script = document.createElement("script");
  script.textContent = "window.hasRun = true";
  document.head.append(script);
  const image = new Image();
  image.src = elsewhere;
  return both.then(() => [window.hasRun ?? false, refused.sort()]);
}"""


def test_the_first_paint_waits_for_no_module_and_no_data(visit: Visits) -> None:
    page = visit()
    page.route(re.compile(r"(?<!/early)\.js$"), lambda _: None)  # none of them comes
    page.goto(page.url, wait_until="commit")
    page.wait_for_function(PAINTED)
    expect(page.locator("#parts li")).to_have_count(0)  # it has no data either
    before = page.evaluate(BEFORE_PAINT)
    scripts = [path for path, _ in before if not path.endswith(".css")]
    assert scripts == ["/early.js"]
    assert 0 < sum(sent for _, sent in before) <= MOST_BYTES_BEFORE_PAINT, before
    page.unroute_all(behavior="ignoreErrors")


def test_scripts_and_styles_are_small_on_the_wire(visit: Visits) -> None:
    page = visit()
    assert 0 < page.evaluate(SENT) <= MOST_BYTES


def test_the_policy_permits_nothing_inline_and_nobody_else(visit: Visits, world: World) -> None:
    with urllib.request.urlopen(f"{world.url}/", timeout=10) as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    visit.expected = [re.compile("Content Security Policy")]
    page = visit()
    has_run, refused = page.evaluate(INLINE, ELSEWHERE)
    assert not has_run
    assert refused == ["img-src", "script-src-elem"]
    visit.hosts.discard(urlsplit(ELSEWHERE).netloc)  # it was asked for, and never left the browser


def test_a_part_that_does_not_come_is_said_and_asked_for_again(visit: Visits) -> None:
    visit.expected = [re.compile("Failed to load resource")]
    page = visit()
    page.route("**/series.js", lambda route: route.abort())
    page.goto(f"{page.url}?range=5m")
    said = page.locator("#connection-words")
    expect(said).to_have_text("A part of this page did not come: it is loaded again in 5 s.")
    expect(page.locator("#verdict")).to_have_text("Not known.")
    with page.expect_navigation():
        page.get_by_role("button", name="Load the page again").click()
    expect(said).to_contain_text("A part of this page did not come")
    page.unroute("**/series.js")
    page.wait_for_selector("#parts li")  # by itself
    expect(said).to_be_hidden()


def test_nobody_is_asked_but_the_dashboard_and_nothing_is_kept_but_the_choice(
    visit: Visits, world: World
) -> None:
    page = visit("?range=5m&by=model")
    until_panel(page, "generated-tokens")
    page.keyboard.press("t")
    expect(page.locator("#theme-label")).to_have_text("dark")
    assert visit.hosts == {world.url.removeprefix("http://")}
    assert page.context.cookies() == []
    kept = page.evaluate("() => Object.keys(localStorage).sort()")
    assert kept == ["model-colours", "theme"]
