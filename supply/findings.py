"""What those who know of vulnerabilities answered, and what comes of it. Pure.

An answer for some of the packages is no answer for all: what was not answered for is named, and
never taken for clean.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from textwrap import shorten as shortened
from typing import Any

CLEAN, FOUND, NOT_ASKED = 0, 1, 3
"""Exit codes."""
_LONGEST_REASON = 160


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A vulnerability that is known of a version that is pinned.

    `names` are all that it goes by, the first as it is told; `remedy` is what mends it, in words.
    """

    package: str
    version: str
    names: tuple[str, ...]
    title: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Answer:
    """`who` was asked about `asked` packages; `silent` says why some were not answered for."""

    who: str
    asked: int
    findings: tuple[Finding, ...] = ()
    silent: Mapping[str, str] | None = None

    @property
    def unanswered(self) -> Mapping[str, str]:
        """Reasons by package."""
        return self.silent or {}


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a vulnerability stays for now, and until when."""

    id: str
    package: str
    why: str
    until: date


def exceptions(text: str) -> tuple[Explained, ...]:
    """Read from supply/exceptions.toml."""
    return tuple(Explained(**said) for said in tomllib.loads(text)["exception"])


def of_pip_audit(report: Mapping[str, Any], pinned: Mapping[str, str]) -> Answer:
    """pip-audit's JSON; `pinned` are the versions by name."""
    said = {one["name"]: one for one in report["dependencies"]}
    silent = {name: "it is not in the answer" for name in pinned if name not in said}
    silent |= {name: one["skip_reason"] for name, one in said.items() if "skip_reason" in one}
    found = [
        Finding(
            name,
            one["version"],
            (vulnerability["id"], *vulnerability["aliases"]),
            " ".join(str(vulnerability.get("description", "")).split()),
            _remedy(vulnerability["fix_versions"]),
        )
        for name, one in said.items()
        for vulnerability in one.get("vulns", ())
    ]
    return Answer("python", len(pinned), tuple(sorted(found)), silent)


def _remedy(versions: Sequence[str]) -> str:
    return f"mended in {', '.join(versions)}" if versions else "not mended yet"


def of_npm_audit(report: Mapping[str, Any], pinned: Mapping[str, str]) -> Answer:
    """npm's JSON. What is only at fault by what it depends on is not told twice."""
    if "vulnerabilities" not in report:
        reason = str(report.get("message") or report.get("error") or "it said nothing")
        return unasked("npm", pinned, reason)
    found = [
        Finding(
            name,
            pinned.get(name, "?"),
            (str(cause["url"]).rpartition("/")[2], str(cause["source"])),
            cause["title"],
            _npm_remedy(cause["range"]),
        )
        for name, one in report["vulnerabilities"].items()
        for cause in one["via"]
        if isinstance(cause, dict)
    ]
    return Answer("npm", len(pinned), tuple(sorted(found)))


def _npm_remedy(versions: str) -> str:
    return f"it is in {versions}"


def unasked(who: str, pinned: Iterable[str], reason: str) -> Answer:
    """Nobody answered for anything."""
    names = tuple(pinned)
    return Answer(who, len(names), (), dict.fromkeys(names, reason))


def judged(
    answers: Sequence[Answer], explained: Sequence[Explained], today: date
) -> tuple[list[str], int]:
    """What to say, a line each, and the exit code: what was found goes before what was not told."""
    lines, code = [], CLEAN
    for answer in answers:
        open_ones = [one for one in answer.findings if not _excuse(one, explained, today)]
        lines += [_told(one, explained, today) for one in answer.findings]
        if open_ones:
            code = FOUND
        elif answer.unanswered and code == CLEAN:
            code = NOT_ASKED
        lines.append(_summed_up(answer, len(open_ones)))
    asked = [one for answer in answers if not answer.unanswered for one in answer.findings]
    if not any(answer.unanswered for answer in answers):
        lines += [
            f"supply/exceptions.toml explains {one.id} of {one.package}, which nobody tells now"
            for one in explained
            if not any(_is_about(one, finding) for finding in asked)
        ]
    return lines, code


def _is_about(one: Explained, finding: Finding) -> bool:
    return one.package == finding.package and one.id in finding.names


def _excuse(finding: Finding, explained: Sequence[Explained], today: date) -> Explained | None:
    """The exception that holds today."""
    return next((e for e in explained if _is_about(e, finding) and today <= e.until), None)


def _told(finding: Finding, explained: Sequence[Explained], today: date) -> str:
    what = f"{finding.package} {finding.version}: {finding.names[0]}"
    excuse = _excuse(finding, explained, today)
    if excuse is not None:
        return f"{what}, explained until {excuse.until}: {excuse.why}"
    ended = next((e for e in explained if _is_about(e, finding)), None)
    over = f"; what explained it ended on {ended.until}" if ended else ""
    return f"{what}, {finding.remedy}{over}: {finding.title}"


def _summed_up(answer: Answer, open_count: int) -> str:
    silent = answer.unanswered
    if silent:
        reason = shortened(next(iter(silent.values())), _LONGEST_REASON, placeholder=" ...")
        return (
            f"{answer.who}: NOT AUDITED: no answer about {len(silent)} of {answer.asked} packages, "
            f"so nothing is known of them ({reason})"
        )
    explained = len(answer.findings) - open_count
    rest = f", {explained} explained" if explained else ""
    many = f"{open_count} known vulnerabilities" if open_count != 1 else "1 known vulnerability"
    told = many if open_count else "no known vulnerability"
    return f"{answer.who}: {answer.asked} packages asked about: {told}{rest}"
