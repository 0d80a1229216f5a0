"""A file of keys: what it may say, and mistakes that are told without a word of it."""

import traceback
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.access.entries import Limits
from proxy.access.keys_file import MOST_ENTRIES, KeysFileError, read_entries

KEY = "oo-very-secret-key-of-somebody-0123456789abcde"
HASH = sha256(KEY.encode()).hexdigest()
OTHER = "f" * 64


def test_an_entry_says_whose_a_key_is_and_what_it_may_do() -> None:
    text = f"""
    # who asks
    [alice]
    sha256 = "{HASH.upper()}"
    models = ["llama3*", "qwen3:8b"]
    requests_per_minute = 60
    tokens_per_minute = 20_000
    tokens_per_day = 500_000
    max_in_flight = 2
    priority = "high"
    expires = 2027-01-31

    ["bob@example.org"]
    sha256 = ["{OTHER}", "{"0" * 64}"]
    manage = true

    ["*"]
    models = "llama3"
    """
    alice, bob, anybody = read_entries(text)
    assert alice.alias == "alice"
    assert alice.digests == (bytes.fromhex(HASH),)
    assert alice.models is not None and alice.models.match("llama3.2:1b")
    assert alice.limits == Limits(60, 20_000, 500_000, 2)
    assert (alice.priority, alice.expires_at) == ("high", 1_801_353_600.0)
    assert not alice.manage
    assert (bob.alias, len(bob.digests), bob.manage) == ("bob@example.org", 2, True)
    assert bob.models is None
    assert bob.limits == Limits()
    assert (anybody.alias, anybody.digests) == ("*", ())
    assert anybody.models is not None and not anybody.models.match("qwen3:8b")


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("2027-01-31", 1_801_353_600.0),
        ("2027-01-31T00:00:00", 1_801_353_600.0),
        ("2027-01-31T02:00:00+02:00", 1_801_353_600.0),
        ("2027-01-31T00:00:01Z", 1_801_353_601.0),
    ],
)
def test_an_instant_without_a_zone_is_of_utc(written: str, seconds: float) -> None:
    (entry,) = read_entries(f"[a]\nexpires = {written}")
    assert entry.expires_at == seconds


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no entry: expected a table for each alias, such as [alice]"),
        ("# nothing", "no entry"),
        (f"{KEY}", "its end: no TOML"),
        (f"[a]\n{KEY}\n[b]\n", "line 2: no TOML"),
        (f"[{KEY}]\n[{KEY}]\n", "line 2: no TOML, or a name that is there twice"),
        (f"[a]\nsha256 = {KEY}\n[b]", "line 2: no TOML"),
        (f"[{KEY}]", "entry 1 (line 1): expected an alias"),
        (f'a = "{KEY}"', "entry 1: expected a table, such as [alice], found a value"),
        (f'[a]\n[b]\nsha256 = "{KEY}"', "entry 2 (line 2): sha256: expected the SHA-256 of a key"),
        (f'[a]\nsha256 = ["{HASH}", "{KEY}"]', "entry 1 (line 1): sha256: expected the SHA-256"),
        (f'[a]\n"{KEY}" = 1', "entry 1 (line 1): an unknown name; there are sha256, models"),
        ("[a]\nrequests_per_minutes = 1", "an unknown name, did you mean requests_per_minute?"),
        (f'\n[a]\nmodels = "{KEY} x"', "entry 1 (line 2): models: expected a model's name"),
        ("[a]\nmodels = []", "models: expected a text, or a list of texts"),
        ("[a]\nmodels = [1]", "models: expected a text, or a list of texts"),
        ("[a]\nsha256 = 1", "sha256: expected a text, or a list of texts"),
        ("[a]\nmanage = 1", "manage: expected true or false"),
        ("[a]\nmax_in_flight = 0", "max_in_flight: expected a whole number above 0"),
        ("[a]\nmax_in_flight = true", "max_in_flight: expected a whole number above 0"),
        ("[a]\ntokens_per_day = 1.5", "tokens_per_day: expected a whole number above 0"),
        ("[a]\ntokens_per_day = 2_000_000_000_000", "tokens_per_day: expected a whole number"),
        (f'[a]\npriority = "{KEY}"', "priority: expected high, normal or low"),
        ("[a]\npriority = 1", "priority: expected high, normal or low"),
        (f'[a]\nexpires = "{KEY}"', "expires: expected a date without quotes"),
        ("[a]\nexpires = 18:00:00", "expires: expected a date without quotes"),
        ('[a]\nmanage = true\nmodels = "b"', "manage: expected it without models"),
        (f'["*"]\nsha256 = "{HASH}"', "sha256: nobody's key"),
        ("[none]", "expected an alias"),
        ("[other]", "expected an alias"),
        ('["a b"]', "expected an alias"),
        ('[""]', "expected an alias"),
        (f"[{'a' * 65}]", "expected an alias"),
        ("[a.b]", "entry 1 (line 1): an unknown name"),
        (f'[a]\nsha256 = ["{HASH}", "{HASH}"]', "entry 1 (line 1): sha256: the same key"),
        (
            f'[a]\nsha256 = "{HASH}"\n\n[b]\nsha256 = "{HASH.upper()}"',
            "entry 2 (line 4): sha256: the same key is in entry 1",
        ),
    ],
)
def test_a_mistake_is_told_by_its_place_and_repeats_nothing(text: str, said: str) -> None:
    with pytest.raises(KeysFileError) as refused:
        read_entries(text)
    assert said in str(refused.value)
    told = "".join(traceback.format_exception(refused.value))
    assert "very-secret" not in told
    assert HASH not in told.lower()


def test_where_tables_are_written_otherwise_an_entry_is_told_by_its_number_alone() -> None:
    with pytest.raises(KeysFileError, match=r"^entry 2: manage: expected true or false$"):
        read_entries("a = {}\nb = {manage = 1}\n")


def test_entries_are_bounded() -> None:
    text = "".join(f"[a{number}]\n" for number in range(MOST_ENTRIES + 1))
    with pytest.raises(KeysFileError, match=f"expected {MOST_ENTRIES} entries at most"):
        read_entries(text)
    assert len(read_entries(text.replace(f"[a{MOST_ENTRIES}]", ""))) == MOST_ENTRIES


@given(st.text(max_size=60) | st.sampled_from(["[" * 3000, "a=" + "[" * 3000, "a." * 3000]))
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        read_entries(text)
    except KeysFileError as error:
        assert str(error)


@pytest.mark.parametrize("value", ["1" * 5000, "[" + "1" * 5000 + "]", "-" + "9" * 100_000])
def test_a_number_of_more_digits_than_are_read_is_a_mistake_like_others(value: str) -> None:
    with pytest.raises(KeysFileError, match="a number too long"):
        read_entries(f"[a]\nmax_in_flight = {value}\n")


@pytest.mark.parametrize(
    "instant",
    ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59.999999-00:01"],
)
def test_an_instant_that_utc_has_no_year_for_is_refused(instant: str) -> None:
    with pytest.raises(KeysFileError, match="expires: expected an instant of the years 1 to 9999"):
        read_entries(f"[a]\nexpires = {instant}\n")


@pytest.mark.parametrize(
    "instant", ["0001-01-01", "9999-12-31", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
)
def test_what_can_be_taken_can_be_told(instant: str) -> None:
    (entry,) = read_entries(f"[a]\nexpires = {instant}\n")
    assert entry.expires_at is not None
    told = datetime.fromtimestamp(entry.expires_at, UTC).isoformat()
    assert told.startswith(instant.removesuffix("Z"))
