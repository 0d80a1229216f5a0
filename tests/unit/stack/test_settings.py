import pytest

from stack.errors import SettingsError
from stack.settings import KNOWN, WITHOUT_PREFIX, merge, operator_variables, parse


def test_nothing_set_gives_the_ports_that_the_readme_names() -> None:
    settings = parse({})
    assert (settings.engine_port, settings.proxy_port) == (11434, 11435)
    assert (settings.proxy_control_port, settings.prometheus_port) == (8001, 9090)
    assert settings.ollama_url is None
    assert settings.engine == "auto"


def test_the_environment_wins_over_the_file() -> None:
    merged = merge({"PROXY_PORT": "2000"}, {"PROXY_PORT": "1000", "ENGINE_PORT": "3000"})
    assert parse(merged).proxy_port == 2000
    assert parse(merged).engine_port == 3000


def test_an_empty_variable_counts_as_unset() -> None:
    assert parse({"PROXY_PORT": "", "OLLAMA_URL": " "}).proxy_port == 11435


def test_an_unknown_name_in_the_file_is_refused_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"OLAMA_URL, did you mean OLLAMA_URL\?"):
        merge({}, {"OLAMA_URL": "http://127.0.0.1:1"})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("PROMETHEUS_PROT", "PROMETHEUS_PORT"),
        ("STACK_STATE", "STACK_STATE_DIR"),
        ("prometheus_port", "PROMETHEUS_PORT"),
        ("PROMETEUS", "PROMETHEUS"),
        ("ENGINES", "ENGINE"),
        ("OLAMA_URL", "OLLAMA_URL"),
        ("OLLAMA_ULR", "OLLAMA_URL"),
        ("PORTKEY_PROT", "PORTKEY_PORT"),
        ("PORTKY", "PORTKEY"),
    ],
)
def test_a_misspelt_name_in_the_environment_is_refused_with_the_nearest(
    name: str, meant: str
) -> None:
    with pytest.raises(SettingsError, match=rf"^unknown setting {name}, did you mean {meant}\?$"):
        merge({name: "x"}, {})
    assert merge({name: ""}, {}) == {name: ""}


# those of Ollama's own that look most like ours, the clients', and strangers
@pytest.mark.parametrize(
    "name",
    [
        "OLLAMA_HOST",
        "OLLAMA_MODELS",
        "OLLAMA_ORIGINS",
        "OLLAMA_DEBUG",
        "OLLAMA_AUTH",
        "OLLAMA_VULKAN",
        "OLLAMA_TMPDIR",
        "OLLAMA_NOPRUNE",
        "OLLAMA_API_URL",
        "OLLAMA_BASE_URL",
        "PORTKEY_API_KEY",
        "PORTKEY_BASE_URL",
        "PORTKEY_VIRTUAL_KEY",
        "PORTKEY_CONFIG",
        "PORTKEY_PROVIDER",
        "PROMETHEUS_MULTIPROC_DIR",
        "prometheus_multiproc_dir",
        "PROMETHEUS_DISABLE_CREATED_SERIES",
        "PATH",
        "ENGINE_THREADS",
    ],
)
def test_a_name_of_others_in_the_environment_is_none_of_our_business(name: str) -> None:
    assert merge({name: "x"}, {})[name] == "x"


def test_every_name_without_a_prefix_is_guarded() -> None:
    words = ("STACK", "PROMETHEUS", "PROXY", "ENGINE", "TRAFFIC", "GPU_EXPORTER")
    prefixed = tuple(f"{word}_" for word in words)
    assert {name for name in KNOWN if not name.startswith(prefixed)} == set(WITHOUT_PREFIX)


@pytest.mark.parametrize(
    "name", ["PROXY_LOG_LEVEL", "ENGINE_THREADS", "TRAFFIC_SEED", "COMPOSE_FILE"]
)
def test_settings_of_the_services_and_of_compose_may_stand_in_the_file(name: str) -> None:
    assert merge({}, {name: "x"})[name] == "x"


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("PROXY_OLLAMA_URL", "OLLAMA_URL"),
        ("PROXY_ENABLE_PORTKEY", "PORTKEY=on"),
        ("GPU_EXPORTER_OLLAMA_URL", "OLLAMA_URL"),
    ],
)
def test_a_variable_that_the_stack_computes_is_refused_with_the_operators_name(
    name: str, instead: str
) -> None:
    with pytest.raises(SettingsError, match=f"set {instead} instead"):
        merge({name: "x"}, {})


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"PROXY_PORT": "none"}, "PROXY_PORT: .*found 'none'"),
        ({"PROXY_PORT": "70000"}, "PROXY_PORT: .*65535.*found '70000'"),
        ({"ENGINE": "off"}, "ENGINE: .*'auto' or 'embedded'"),
        ({"OLLAMA_URL": "localhost:11434"}, "OLLAMA_URL: expected http://host:port"),
        ({"PORTKEY": "yes"}, "PORTKEY: .*'off' or 'on'"),
        ({"PORTKEY_HOST": "http://gw"}, "PORTKEY_HOST: expected a host's name or address alone"),
        ({"PORTKEY_HOST": "gw:8787"}, "PORTKEY_HOST: expected a host's name or address alone"),
        ({"PORTKEY_HOST": "0.0.0.0"}, "PORTKEY_HOST: the gateway .* never opened to a network"),
        ({"PROXY_PORT": "8001"}, "PROXY_PORT and PROXY_CONTROL_PORT are both 8001"),
        ({"PROXY_PORT": "8000"}, "PROXY_PORT and GPU_EXPORTER_PORT are both 8000"),
        ({"GPU_EXPORTER": "on"}, "GPU_EXPORTER: .*'auto' or 'off'"),
    ],
)
def test_bad_input_is_named_with_what_was_found(variables: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        parse(variables)


def test_a_password_in_what_is_refused_is_not_shown() -> None:
    with pytest.raises(SettingsError) as refusal:
        parse({"OLLAMA_URL": "ftp://me:word@gpu"})
    assert str(refusal.value) == "OLLAMA_URL: expected http://host:port"


def test_a_port_of_what_is_switched_off_is_free() -> None:
    assert parse({"PROXY_PORT": "8000", "GPU_EXPORTER": "off"}).proxy_port == 8000


def test_the_proxy_may_take_ollamas_own_port_where_ollama_has_another() -> None:
    moved = {"PROXY_PORT": "11434", "OLLAMA_URL": "http://127.0.0.1:11500"}
    assert parse(moved).proxy_port == 11434
    for conflict in ({"PROXY_PORT": "11434"}, moved | {"ENGINE": "embedded"}):
        with pytest.raises(SettingsError, match="ENGINE_PORT and PROXY_PORT are both 11434"):
            parse(conflict)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "gw.example", "192.168.0.4"])
def test_a_gateway_may_be_anywhere(host: str) -> None:
    assert parse({"PORTKEY_HOST": host}).portkey_host == host


def test_the_ports_of_the_gateway_are_nobodys_concern_without_it() -> None:
    assert parse({"PROXY_PORT": "11436"}).proxy_return_leg_port == 11436


def test_every_mistake_is_said_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        parse({"PROXY_PORT": "a", "ENGINE_PORT": "b"})
    assert len(str(caught.value).splitlines()) == 2


def test_variables_that_change_what_runs_are_told_from_the_rest() -> None:
    variables = {"PROXY_PORT": "1", "ENGINE_THREADS": "2", "HOME": "/root", "TRAFFIC_SEED": "3"}
    assert operator_variables(variables) == {"PROXY_PORT": "1", "ENGINE_THREADS": "2"}
