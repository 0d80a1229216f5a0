"""The verbs and their flags."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from supply.locks import REPOSITORY

SBOM_FOLDER = REPOSITORY / "dist" / "sbom"


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; wrong ones end with exit code 2 and a usage line."""
    parser = argparse.ArgumentParser(
        prog="supply", description="What is taken from others.", allow_abbrev=False
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("licences", help="rewrite requirements/licences.toml and docs/LICENCES.md")
    audit = verbs.add_parser("audit", help="ask who knows of vulnerabilities in what is pinned")
    audit.add_argument(
        "--osv-url",
        metavar="URL",
        help="ask there as OSV is asked (.../v1/query), not the Python index",
    )
    audit.add_argument(
        "--npm-registry", metavar="URL", help="ask there about npm packages, not where npm does"
    )
    sbom = verbs.add_parser("sbom", help="write a CycloneDX document for each image and for all")
    sbom.add_argument(
        "--into", type=Path, default=SBOM_FOLDER, metavar="FOLDER", help="default: dist/sbom"
    )
    sbom.add_argument(
        "--epoch-seconds",
        type=int,
        metavar="SECONDS",
        help="when they were made, as SOURCE_DATE_EPOCH says it; without, they do not say",
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Carry out one verb; its exit code."""
    wish = parse(arguments)
    if wish.verb == "licences":
        from supply import gathering

        return gathering.rewrite(say)
    if wish.verb == "audit":
        from supply import audit

        return audit.audit(audit.Services(wish.osv_url, wish.npm_registry), say)
    from supply import sbom

    return sbom.write(wish.into, wish.epoch_seconds, say)


def say(line: str) -> None:
    """Print one line at once."""
    print(line, flush=True)  # noqa: T201
