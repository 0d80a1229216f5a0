"""`python -m traffic compare A B`: two results against each other, with intervals."""

from pathlib import Path

from rich.console import Console

from traffic.arguments import Arguments
from traffic.compare.runs import DEFAULT_TOLERANCE, compare_runs, parse_tolerance
from traffic.compare.table import comparison_table
from traffic.refusals import RefusedError
from traffic.results.results import load


def main(argv: list[str]) -> int:
    """Compare two results; the exit code is 1 where something is worse."""
    arguments = _arguments().parse_args(argv)
    try:
        tolerance = parse_tolerance(arguments.tolerance)
    except ValueError as error:
        raise RefusedError(f"--tolerance: {error}") from error
    found = compare_runs(load(arguments.base), load(arguments.new), tolerance, arguments.seed)
    Console().print(comparison_table(found))
    return found.exit_code


def _arguments() -> Arguments:
    parser = Arguments(
        "compare",
        "Compares two results: the second against the first. Exit codes: 0 nothing is worse,"
        " 1 something is, 2 they cannot be compared.",
    )
    for name, words in (("base", "the first result"), ("new", "the second")):
        parser.add_argument(name, type=Path, metavar=name.upper(), help=f"{words}: its folder")
    parser.add_argument(
        "--tolerance",
        default=f"{100 * DEFAULT_TOLERANCE:g}%",
        metavar="SHARE",
        help="how much may change and is no difference: 5%% or 0.05 (default: %(default)s)",
    )
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="of the resampling (default: 1)"
    )
    return parser
