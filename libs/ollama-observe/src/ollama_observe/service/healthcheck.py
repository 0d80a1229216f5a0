"""`python -m ollama_observe.service.healthcheck URL`: exit 0 when URL answers 200.

For container health checks: images carry no curl. Standard library only, so that it
starts fast.
"""

import sys
import urllib.error
import urllib.request

TIMEOUT_SECONDS = 3.0


def check(url: str) -> str | None:
    """None when `url` answers 200, else a sentence that says what happened."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=TIMEOUT_SECONDS) as response:
            return None if response.status == 200 else f"{url} answered {response.status}"
    except urllib.error.HTTPError as error:
        with error:
            return f"{url} answered {error.code}"
    except (OSError, ValueError) as error:
        return f"{url} did not answer: {error}"


def main(argv: list[str]) -> int:
    """Exit code 0 healthy, 1 not, 2 wrong use."""
    if len(argv) != 1:
        print("usage: python -m ollama_observe.service.healthcheck URL", file=sys.stderr)  # noqa: T201
        return 2
    problem = check(argv[0])
    if problem is not None:
        print(problem, file=sys.stderr)  # noqa: T201
    return 0 if problem is None else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
