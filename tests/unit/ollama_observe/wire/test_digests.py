"""Digests, however they are written."""

import pytest

from ollama_observe.wire.digests import digest_in

DIGEST = "941f309b54caaad6747569ba43712bcde44a2be3bae16c3282ff499c37c54af5"


@pytest.mark.parametrize(
    "written",
    [
        DIGEST,
        f"sha256:{DIGEST}",
        f"/models/blobs/sha256-{DIGEST}",
        f"C:\\Users\\me\\.ollama\\models\\blobs\\sha256-{DIGEST}",
        DIGEST.upper(),
    ],
)
def test_a_digest_is_found_in_what_holds_it(written: str) -> None:
    assert digest_in(written) == DIGEST


@pytest.mark.parametrize("written", ["", DIGEST[:-1], DIGEST + "0", "sha256:", None, 7, [DIGEST]])
def test_what_holds_none_has_none(written: object) -> None:
    assert digest_in(written) == ""
