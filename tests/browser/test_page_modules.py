"""The page's files: their tests in Node, and what must hold for all of them without a browser."""

import gzip
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

import dashboard
from dashboard.messages import VERSION
from dashboard.views import MOST_MODELS, MOST_SECONDS, RANGES
from tests.components import need

STATIC = Path(dashboard.__file__).parent / "static"
UNIT = Path(__file__).parent / "unit"
MODULES = sorted(STATIC.glob("*.js"))
STYLES = sorted(STATIC.glob("*.css"))
MOST_LINES = 250
MOST_BYTES = 150_000
"""Of all scripts and styles together, with what is vendored, compressed as they are sent."""
_WITHIN_SECONDS = 60

RULES = {
    "text is set as text": re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write"),
    "the policy permits no inline style": re.compile(r"""setAttribute\(\s*["']style|cssText"""),
    "nothing is made of text that was code": re.compile(r"\beval\(|new Function\("),
    "there are no cookies": re.compile(r"document\.cookie"),
    "nothing comes from elsewhere": re.compile(r"https?://(?!www\.w3\.org/)[a-z]"),
}


def _node(*words: str) -> subprocess.CompletedProcess[str]:
    need("node", shutil.which("node") is not None, "install the package nodejs")
    return subprocess.run(
        ["node", *words], capture_output=True, text=True, timeout=_WITHIN_SECONDS, check=False
    )


@pytest.mark.parametrize("path", sorted(UNIT.glob("*.test.mjs")), ids=lambda path: path.name)
def test_what_is_pure_does_what_its_tests_in_node_say(path: Path) -> None:
    done = _node("--test", str(path))
    assert done.returncode == 0, done.stdout


def test_what_the_page_knows_of_views_is_what_the_server_knows() -> None:
    script = (
        f'import("{(STATIC / "view.js").as_uri()}").then((view) =>'
        f' import("{(STATIC / "socket.js").as_uri()}").then(({{ VERSION }}) =>'
        " console.log(JSON.stringify({ ...view, VERSION }))))"
    )
    known = json.loads(_node("--input-type=module", "-e", script).stdout)
    assert known["RANGES"] == [{"label": one.label, "seconds": one.seconds} for one in RANGES]
    assert known["MOST_MODELS"] == MOST_MODELS
    assert known["MOST_SECONDS"] == MOST_SECONDS
    assert known["VERSION"] == VERSION


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_script_is_checked_short_and_keeps_the_rules(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("// @ts-check\n")
    assert len(text.splitlines()) <= MOST_LINES
    assert [rule for rule, pattern in RULES.items() if pattern.search(text)] == []


def test_all_scripts_and_styles_are_small() -> None:
    files = [*MODULES, *STYLES, *STATIC.glob("vendor/*.js"), *STATIC.glob("vendor/*.css")]
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) <= MOST_BYTES


class _Page(HTMLParser):
    """What a page names."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def values(self, name: str) -> list[str]:
        """Of an attribute, wherever it is."""
        return [attributes[name] for _, attributes in self.tags if name in attributes]


@pytest.fixture
def page() -> _Page:
    parsed = _Page()
    parsed.feed((STATIC / "index.html").read_text(encoding="utf-8"))
    return parsed


def test_the_page_names_only_files_that_are_there(page: _Page) -> None:
    linked = [one["href"] for tag, one in page.tags if tag == "link"]
    for name in [*page.values("src"), *linked]:
        assert (STATIC / name).is_file(), name


def test_the_page_has_nothing_inline(page: _Page) -> None:
    assert page.values("style") == []
    assert [tag for tag, _ in page.tags if tag == "style"] == []
    assert [one for tag, one in page.tags if tag == "script" and "src" not in one] == []
    assert [name for _, one in page.tags for name in one if name.startswith("on")] == []


def test_the_page_loads_its_modules_before_they_ask_for_each_other(page: _Page) -> None:
    preloaded = [one["href"] for _, one in page.tags if one.get("rel") == "modulepreload"]
    apart = {"early.js", "main.js", "types.js"}
    assert preloaded == [path.name for path in MODULES if path.name not in apart]


def test_what_scripts_look_for_is_in_the_page_once(page: _Page) -> None:
    ids = page.values("id")
    assert sorted(ids) == sorted(set(ids))
    text = "\n".join(path.read_text(encoding="utf-8") for path in MODULES)
    assert set(re.findall(r'byId\("([^"]+)"\)', text)) <= set(ids)


def test_what_the_page_points_to_within_itself_is_there(page: _Page) -> None:
    named = [*page.values("aria-labelledby"), *page.values("aria-controls"), *page.values("for")]
    wanted = {one for value in named for one in value.split()}
    links = [one["href"] for tag, one in page.tags if tag == "a" and "href" in one]
    assert wanted | {link.removeprefix("#") for link in links} <= set(page.values("id"))


def test_type_has_three_sizes() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in STYLES)
    sizes = set(re.findall(r"font(?:-size)?:[^;]*?(\d+(?:\.\d+)?(?:px|r?em))", text))
    named = set(re.findall(r"--(?:small|middle|large): (\d+px)", text))
    assert named == {"13px", "16px", "28px"}
    assert sizes <= named
