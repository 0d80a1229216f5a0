"""Names of header fields, as they are compared: in lower case."""

from proxy.portkey import fields


def test_what_is_the_gateways_begins_with_its_prefix() -> None:
    own = fields.CHOOSING | fields.OF_ONE | {fields.CACHE_STATUS, fields.FORCE_REFRESH}
    assert {name[: len(fields.PREFIX)] for name in own} == {fields.PREFIX}
    assert not fields.LEG.startswith(fields.PREFIX)


def test_names_are_in_lower_case_and_none_is_of_two_kinds() -> None:
    for name in fields.CHOOSING | fields.OF_ONE | {fields.CACHE_STATUS, fields.LEG}:
        assert name == name.lower()
    assert fields.CHOOSING.isdisjoint(fields.OF_ONE)
