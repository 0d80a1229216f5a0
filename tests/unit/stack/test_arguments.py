import pytest

from stack.arguments import names_another, parse


def test_a_verb_has_its_words() -> None:
    assert parse(["logs", "proxy", "--no-follow"]).part == "proxy"
    assert parse(["status", "--json"]).json
    assert parse(["bundle", "a.tar"]).file == "a.tar"
    assert parse(["bundle"]).file is None


@pytest.mark.parametrize("verb", ["traffic", "traffic-start", "traffic-compare"])
def test_the_generator_s_flags_are_handed_on(verb: str) -> None:
    assert parse([verb, "--mix", "rag"]).rest == ["--mix", "rag"]


def test_other_verbs_refuse_what_they_do_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["start", "--mix", "rag"])
    assert ended.value.code == 2
    assert "unknown arguments: --mix rag" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        parse(["begin"])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["top"], False),
        (["top", "--once", "--json", "--interval", "2"], False),
        (["top", "--host", "gpu-box"], True),
        (["top", "--proxy", "http://a:1", "--proxy", "http://b:1"], True),
        (["top", "--exporter", "http://a:1"], True),
        (["top", "--prometheus", "http://a:1"], True),
        (["status"], False),
    ],
)
def test_top_may_be_of_another_machine(words: list[str], expected: bool) -> None:
    assert names_another(parse(words)) is expected


def test_an_interval_is_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse(["top"]).interval == 1.0
    with pytest.raises(SystemExit):
        parse(["top", "--interval", "often"])
    assert "invalid float value: 'often'" in capsys.readouterr().err
