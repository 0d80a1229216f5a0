import pytest

from stack.errors import SettingsError
from stack.settings import parse


def test_nothing_set_gives_the_ports_that_the_readme_names() -> None:
    settings = parse({})
    assert (settings.engine_port, settings.proxy_port) == (11434, 11435)
    assert (settings.proxy_control_port, settings.prometheus_port) == (8001, 9090)
    assert settings.ollama_url is None
    assert settings.engine == "auto"


def test_an_empty_variable_counts_as_unset() -> None:
    assert parse({"PROXY_PORT": "", "OLLAMA_URL": " "}).proxy_port == 11435


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"PROXY_PORT": "none"}, "PROXY_PORT: .*found 'none'"),
        ({"PROXY_PORT": "70000"}, "PROXY_PORT: .*65535.*found '70000'"),
        ({"ENGINE": "off"}, "ENGINE: .*'auto' or 'embedded'"),
        ({"OLLAMA_URL": "localhost:11434"}, "OLLAMA_URL: expected http://host:port"),
        ({"OLLAMA_URL": "http://localhost:11435"}, "found the proxy's own port 11435"),
        ({"PORTKEY": "yes"}, "PORTKEY: .*'off' or 'on'"),
        ({"PORTKEY_HOST": "http://gw"}, "PORTKEY_HOST: expected a host's name or address alone"),
        ({"PORTKEY_HOST": "gw:8787"}, "PORTKEY_HOST: expected a host's name or address alone"),
        ({"PORTKEY_HOST": "0.0.0.0"}, "PORTKEY_HOST: the gateway .* never opened to a network"),
        ({"PROXY_PORT": "8001"}, "PROXY_PORT and PROXY_CONTROL_PORT are both 8001"),
        ({"PROXY_PORT": "8000"}, "PROXY_PORT and GPU_EXPORTER_PORT are both 8000"),
        ({"TRAFFIC": "auto"}, "TRAFFIC: .*'off' or 'on'"),
        ({"TRAFFIC_WORKER_DRAIN_SECONDS": "0"}, "TRAFFIC_WORKER_DRAIN_SECONDS: .*found '0'"),
        (
            {"TRAFFIC": "on", "TRAFFIC_WORKER_PORT": "8001"},
            "PROXY_CONTROL_PORT and TRAFFIC_WORKER_PORT are both 8001",
        ),
        (
            {"GRAFANA": "on", "GRAFANA_PORT": "3001"},
            "DASHBOARD_PORT and GRAFANA_PORT are both 3001",
        ),
        ({"ALERTMANAGER": "auto"}, "ALERTMANAGER: .*'off' or 'on'"),
        ({"ALERTMANAGER_HOST": "::"}, "ALERTMANAGER_HOST: Alertmanager .* never opened"),
        ({"ALERTMANAGER_HOST": "am:9093"}, "ALERTMANAGER_HOST: expected a host's name"),
        ({"ALERTMANAGER_HOST": '"x'}, "ALERTMANAGER_HOST: expected a host's name"),
        ({"PROXY_CONTROL_HOST": "h#x"}, "PROXY_CONTROL_HOST: expected a host's name"),
        ({"PROMETHEUS_RUNBOOK_URL": "a#b"}, "PROMETHEUS_RUNBOOK_URL: expected .* found 'a#b'"),
        (
            {"ALERTMANAGER": "on", "ALERTMANAGER_PORT": "9090"},
            "PROMETHEUS_PORT and ALERTMANAGER_PORT are both 9090",
        ),
        (
            {"ALERTMANAGER_CONFIG": "my.yml", "ALERTMANAGER_WEBHOOK_URL": "http://h"},
            "ALERTMANAGER_WEBHOOK_URL is for the sample .* is 'my.yml': set one of them",
        ),
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


@pytest.mark.parametrize("url", ["hooks.example/T0/key", "http://h/a key", 'http://h/"key"'])
def test_a_webhook_that_is_refused_is_not_shown_be_it_with_a_password_or_not(url: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        parse({"ALERTMANAGER_WEBHOOK_URL": url})
    assert str(refusal.value).startswith("ALERTMANAGER_WEBHOOK_URL: expected http://host:port/path")
    assert "key" not in str(refusal.value)


def test_a_webhook_is_not_shown_where_settings_are() -> None:
    settings = parse({"ALERTMANAGER_WEBHOOK_URL": "https://me:word@hooks.example/T0/key?a=%20"})
    assert "hooks" not in repr(settings)


def test_a_port_of_what_is_switched_off_is_free() -> None:
    assert parse({"PROXY_PORT": "8000", "GPU_EXPORTER": "off"}).proxy_port == 8000
    assert parse({"PROXY_PORT": "9093"}).proxy_port == 9093


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


@pytest.mark.parametrize(
    ("time_scale", "interval", "sentence"),
    [
        ("1", "76", "PROMETHEUS_SCRAPE_INTERVAL_SECONDS is 75 at most, found 76"),
        ("1e-9", "1", "PROMETHEUS_RULES_TIME_SCALE is 0.0134 at least, found 1e-09"),
    ],
)
def test_scrapes_that_are_too_rare_for_the_windows_of_rules_are_refused_where_there_are_any(
    time_scale: str, interval: str, sentence: str
) -> None:
    variables = {
        "PROMETHEUS_RULES_TIME_SCALE": time_scale,
        "PROMETHEUS_SCRAPE_INTERVAL_SECONDS": interval,
    }
    with pytest.raises(SettingsError) as refusal:
        parse(variables)
    assert str(refusal.value).endswith(sentence)
    parse(variables | {"PROMETHEUS": "off"})


@pytest.mark.parametrize(("time_scale", "interval"), [("1", "75"), ("0.1", "7"), ("0.0167", "1")])
def test_windows_of_rules_that_hold_four_scrapes_are_taken(time_scale: str, interval: str) -> None:
    variables = {"PROMETHEUS_RULES_TIME_SCALE": time_scale}
    parse(variables | {"PROMETHEUS_SCRAPE_INTERVAL_SECONDS": interval})


def test_every_mistake_is_said_at_once_with_the_names_of_all() -> None:
    with pytest.raises(SettingsError) as caught:
        parse({"PROXY_PORT": "a", "ENGINE_PORT": "b"})
    assert len(str(caught.value).splitlines()) == 2
    assert sorted(caught.value.names) == ["ENGINE_PORT", "PROXY_PORT"]


@pytest.mark.parametrize(
    "variables",
    [
        {"PROXY_PORT": "1", "DASHBOARD_PORT": "1"},
        {"PROXY_PORT": "11500", "OLLAMA_URL": "http://localhost:11500"},
        {"ALERTMANAGER_CONFIG": "my.yml", "ALERTMANAGER_WEBHOOK_URL": "http://h"},
        {"PROMETHEUS_RULES_TIME_SCALE": "0.01", "PROMETHEUS_SCRAPE_INTERVAL_SECONDS": "60"},
    ],
)
def test_values_that_do_not_go_together_are_refused_by_the_names_of_both(
    variables: dict[str, str],
) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(variables)
    assert set(caught.value.names) == set(variables)
