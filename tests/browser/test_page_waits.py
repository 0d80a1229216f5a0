"""What the live table tells of requests that wait, are read, or are answered elsewhere."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.crowd import CLOUD, PREFILL_SECONDS, QUICK, READER, Crowd
from tests.browser.readings import until
from tests.browser.visits import PHONE, Visits

LOW = {"X-Priority": "low"}
FORETOLD = re.compile(r"^est\. (\d+) %, (?:(\d+) s|soon)$")
READ = "(bar) => Number(bar.style.getPropertyValue('--read'))"
SEEN = ".estimate > [aria-hidden]"
CUT_OFF = """(all) => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) =>
  `${one.className} ${one.innerText}: ${one.scrollWidth} > ${one.clientWidth}`)"""


def rows(page: Page, model: str, phase: str) -> Locator:
    """The rows of a model's requests in a phase."""
    of_model = page.locator("#live-rows tr:not(.has-ended)", has_text=model)
    word = page.locator(".phase-word", has_text=re.compile(f"^{phase}$"))
    return of_model.filter(has=word)


def shown(row: Locator) -> str:
    """What the eye has of an estimate."""
    return row.locator(SEEN).inner_text()


def spoken(row: Locator) -> str:
    """What the ear has of it."""
    return (row.locator(".estimate > .unseen").text_content() or "").strip()


def queued(page: Page) -> list[str]:
    """What is told of those that wait, the first first."""
    return sorted(rows(page, READER, "queued").locator(SEEN).all_inner_texts())


def test_who_waits_in_the_queue_sees_its_place_and_about_how_long(
    visit_crowd: Visits, crowd: Crowd
) -> None:
    page = visit_crowd()
    with crowd.asking(3, **LOW):
        expect(rows(page, READER, "queued")).to_have_count(2)
        expect(page.locator("#live-summary")).to_contain_text("3 in flight: 2 queued, 1 ")
        first, second = queued(page)
        assert re.fullmatch(r"1st, est\. \d s", first), first
        assert re.fullmatch(r"2nd, est\. \d+ s", second), second
        # each before it is read for so long, and answers for a second
        assert 0 < int(second.split()[2]) - int(first.split()[2]) <= 2 * PREFILL_SECONDS
        said = spoken(rows(page, READER, "queued").filter(has_text="2nd"))
        assert re.fullmatch(
            r"2nd in the proxy's queue \(priority low\);"
            r" its turn comes in about \d+ s, an estimate\.",
            said,
        )
        expect(rows(page, READER, "queued")).to_have_count(1)
        assert until(page, lambda: queued(page) == [] or queued(page)[0].startswith("1st"))
        expect(rows(page, READER, "queued")).to_have_count(0)


def test_of_a_prompt_that_is_read_the_progress_and_the_first_token_are_estimated(
    visit_crowd: Visits, crowd: Crowd
) -> None:
    page = visit_crowd()
    with crowd.asking(1):
        row = rows(page, READER, "prefill")
        expect(row.locator(SEEN)).to_have_text(FORETOLD)
        before, told = FORETOLD.fullmatch(shown(row)), spoken(row)
        assert before is not None
        assert re.fullmatch(
            r"An estimate by earlier prompts of this model: about \d+ % of the prompt is read,"
            r" the first token comes in about \d s\.",
            told,
        )
        assert row.locator(".estimate").get_attribute("title") == told.removesuffix(".")
        was = row.locator(".stages").evaluate(READ)
        assert 0 <= was < 0.9
        page.wait_for_timeout(1000 * PREFILL_SECONDS / 3)
        after = FORETOLD.fullmatch(shown(row))
        assert after is not None
        assert int(after[1]) > int(before[1]) + 10
        assert row.locator(".stages").evaluate(READ) > was
        # as soon as there is a token, nothing is foretold any more
        answering = rows(page, READER, "answering")
        expect(answering).to_be_visible()
        assert shown(answering) == spoken(answering) == ""


def test_a_model_that_computes_elsewhere_is_told_apart_and_nothing_is_foretold_of_it(
    visit_crowd: Visits, crowd: Crowd
) -> None:
    page = visit_crowd()
    with crowd.world.asking(CLOUD), crowd.world.asking(QUICK):
        row = page.locator("#live-rows tr", has_text=CLOUD)
        expect(row.locator(".cloud")).to_have_text("cloud")
        expect(row.locator(".cloud")).to_have_attribute("title", re.compile("computes elsewhere"))
        local = page.locator("#live-rows tr", has_text=QUICK)
        expect(local.locator(".cloud")).to_have_text("")
        expect(rows(page, CLOUD, "answering")).to_be_visible()
        assert shown(row) == ""


def test_on_a_phone_nothing_of_an_estimate_is_cut_off(visit_crowd: Visits, crowd: Crowd) -> None:
    page = visit_crowd(device=PHONE)
    with crowd.asking(3, **LOW):
        expect(rows(page, READER, "queued")).to_have_count(2)
        expect(rows(page, READER, "prefill").locator(".estimate")).to_contain_text("est. ")
        assert page.locator("#live-rows td").evaluate_all(CUT_OFF) == []
        page.set_viewport_size({"width": 360, "height": 800})
        assert page.locator("#live-rows td").evaluate_all(CUT_OFF) == []
