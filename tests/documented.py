"""What becomes of each command that a document shows: run here, run by another test, or not here.

A command that is in none of these tables is run as it stands, in a stack of its own
(tests/integration/test_documents.py), but for addresses and the few words of `INSTEAD`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

HOSTS = re.compile(r"(?<=[/= ])(?:gpu-box|this-box|box|gpu-[12])(?=[:/\s]|$)")
"""Machines that documents speak of: here all of them are this one."""

PORTS = {
    "11434": "OLLAMA",
    "11435": "PROXY_PORT",
    "8000": "GPU_EXPORTER_PORT",
    "8001": "PROXY_CONTROL_PORT",
    "8002": "TRAFFIC_WORKER_PORT",
    "8787": "PORTKEY_PORT",
    "9090": "PROMETHEUS_PORT",
    "9093": "ALERTMANAGER_PORT",
}
"""Ports as documents name them, and the variables that move them; `OLLAMA` is a scripted one's."""

INSTEAD = {
    # a second of it, as the model is scripted
    '"--concurrency 4"': '"--concurrency 4 --duration-seconds 1"',
    "make logs": "timeout 120 make logs | grep -m 1 '^proxy *| '",  # it follows until it is ended
    # half a plan of a thousand is as good as all of it, and is not waited for
    "--arrival poisson": "--dry-run --arrival poisson",
    "A=results/... B=results/...": "A=$(ls -d results/*|sed -n 1p) B=$(ls -d results/*|sed -n 2p)",
}

SERVES = re.compile(
    r"^(?:\w+=\S+ )*(?:\.venv/bin/python -m (?:proxy|engine|gpu_exporter|dashboard)"
    r"(?! --help)(?: |$)|make dashboard$)"
)
"""Runs in the foreground until it is ended: beside the stack, on ports of its own."""

LATER = re.compile(r"PROXY_API_KEYS_FILE|make api-key|\$KEY|/api/usage|metrics\.example")
"""What needs other settings than the rest: run after a restart that has them."""

LAST = ("make stop-portkey", "make stop")

MAY_FAIL = re.compile(r"^make (?:alerts|fit MODEL|traffic-(?:quick|demo|portkey|compare))")
"""Exit codes that are answers: something fires, does not fit, is worse, or the generator did not
keep up on a busy machine."""

SILENT = re.compile(
    r"^(?:mkdir|cat prometheus|make rules|grep .*(?:stream|client_gone|keys_refused|measuring)"
    r"|\.venv/bin/python -m traffic\.bank\.manifest)"
)
"""Commands that have nothing to say here, and say nothing."""

NEEDS_GATEWAY = re.compile(r"portkey|:8787")
NEEDS_ALERTMANAGER = re.compile(r"^amtool")

SAYS = {
    "make start": r"proxy +ready",
    "make restart": r"proxy +ready",
    "make status": r"^healthy",
    "make top": r"^Ollama Observe ",
    "make metrics": r"^ollama_proxy_requests_total\{.* [1-9]",
    "make alerts": r"alert",
    "make logs": r"^proxy +\| ",
    "make stop": r"^stopped$",
    "make traffic-": r"requests",
    "make traffic-rate": r"at 0\.5 questions a second",
    "make traffic-status": r"questions a second",
    "make traffic-stop": r"^idle",
    "make traffic-compare": r"worse|better|difference",
    "make fit": r"head.room",
    "make cache-clear": r"\d",
    "make api-key": r"^oo-\w{43}|oo-",
    "make health-portkey": r"stream",
    "make stop-portkey": r"portkey",
    "curl http": r"smollm2:135m|multilingual-e5-small|\"status\"|\"state\"",
    "make dashboard": r"",
}
"""What a command must say at least; the longest beginning of a command that is here counts."""

NOT_HERE = {
    "make test": "it is what runs this",
    "make validate FLAGS=--network": "a registry that it may ask",
    "journalctl": "the log of a systemd that runs Ollama",
    "systemctl": "a systemd that runs the stack",
    "sudo": "root's right to change this machine",
    "install -d": "a folder of this machine's own",
    "cp -a": "the same folder",
    "nvidia-smi": "an NVIDIA card",
    "brew": "a Mac",
    "macmon": "a Mac",
    "all-smi": "a Mac",
    "ssh": "another machine",
    "pip install": "packages from a registry; tests/integration/test_locust.py needs them",
    ".venv/bin/python -m gpu_exporter.nvidia.record": "an NVIDIA card",
    "docker run --rm -v ollama-observe_models": "volumes and images of this machine's own",
}
"""Beginnings of commands that cannot be run by a test, and what they need: a shell reads them."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another test runs it: its id, and words that stand there, or in the file that is named."""

    test: str
    words: str
    file: str = ""


_UNITS = "tests/integration/test_units_running.py::"
_SERVICE = _UNITS + "test_a_users_service_runs_is_started_again_and_goes_without_a_trace"
_ROOTS = _UNITS + "test_the_machines_service_goes_and_leaves_the_numbers"
_SWARM = "tests/compose/test_scaling_swarm.py::"
_DEPLOYED = _SWARM + "test_the_rules_travelled_with_the_stack"
_DEPLOYING = "tests/compose/scaling/swarm.py"
_REPLICAS = "tests/compose/test_scaling_replicas.py::"
_LOCUST = "tests/compose/test_scaling_locust.py::"
_BUNDLE = "tests/unit/stack/docker/test_bundle.py::"
_PORTKEY = "tests/integration/test_stack_portkey.py::"
_ROUTED = "test_the_proxy_is_made_direct_and_routed_again_by_a_restart_of_it_alone"
_BARE = "tests/contract/test_makefile_bare.py::"

ELSEWHERE = {
    "docker compose up -d --wait": Elsewhere(
        "tests/compose/test_profiles.py::test_the_model_was_fetched_before_the_start_was_over",
        '"up", "--detach", "--wait"',
        "tests/compose/projects.py",
    ),
    "docker compose --profile demo up -d --wait": Elsewhere(
        "tests/compose/test_demo.py::test_everything_is_healthy_and_nothing_was_started_twice",
        '["demo"]',
    ),
    "docker compose up -d --wait --scale proxy=3": Elsewhere(
        "tests/compose/test_restarts.py::test_prometheus_finds_all_replicas_and_their_sum_is_right",
        '"--scale", f"proxy={PROXIES}"',
    ),
    "docker compose --profile '*' down": Elsewhere(
        "tests/compose/test_verbs_bare.py"
        "::test_it_starts_in_containers_and_does_what_the_verbs_say",
        '"--profile", "*", "down"',
    ),
    "docker compose up -d --scale proxy=3": Elsewhere(
        _REPLICAS + "test_proxies_that_are_added_are_asked_too", '"--scale", f"proxy='
    ),
    "docker compose up -d --scale proxy=1": Elsewhere(
        _REPLICAS + "test_proxies_that_are_taken_away_finish_what_they_have", '"--scale", f"proxy='
    ),
    "OLLAMA_URL=http://gpu-1:11434 GPU_EXPORTER_OLLAMA_ELSEWHERE=true": Elsewhere(
        "tests/compose/test_scaling_hosts.py"
        "::test_each_machine_is_asked_and_the_sum_is_what_was_asked",
        "second=http://gpu-2:11434",
    ),
    "PROMETHEUS_CONFIG=./.local/prometheus.yml docker compose up -d": Elsewhere(
        "tests/compose/test_scaling_store.py::test_the_store_has_what_prometheus_has_by_machine",
        "PROMETHEUS_CONFIG",
    ),
    "docker swarm init": Elsewhere(_DEPLOYED, '"swarm", "init"', _DEPLOYING),
    "docker node update": Elsewhere(_DEPLOYED, '"--label-add"', _DEPLOYING),
    "PROXY_HOST=0.0.0.0 DASHBOARD_HOST=0.0.0.0 docker compose": Elsewhere(
        _DEPLOYED, '"docker", "stack", "deploy"', _DEPLOYING
    ),
    "docker service scale": Elsewhere(
        _SWARM + "test_a_rolling_update_of_the_proxies_loses_nothing", '"service", "update"'
    ),
    "docker stack rm": Elsewhere(_DEPLOYED, '"stack", "rm"', _DEPLOYING),
    "docker load -i": Elsewhere(
        _BARE + "test_an_archive_is_loaded_by_docker_alone", "image load --input"
    ),
    "make images": Elsewhere(
        _BUNDLE + "test_ours_are_built_anew_and_others_only_where_they_are_missing", "build("
    ),
    "make bundle": Elsewhere(
        _BUNDLE + "test_a_bundle_lies_where_it_is_told_or_in_the_checkout", "archive_of("
    ),
    "make traffic-portkey-proxy": Elsewhere(
        "tests/integration/test_traffic_portkey.py"
        "::test_the_real_proxy_counts_both_ways_as_the_traffic_does",
        '"--route", "portkey"',
    ),
    "make validate": Elsewhere(
        "tests/contract/test_first_errors.py::test_a_machine_that_has_what_it_takes_is_said_so_and_nothing_is_fetched",
        'make("validate")',
    ),
    "make validate FLAGS=--json": Elsewhere(
        "tests/integration/test_stack.py::test_validate_knows_what_runs_and_what_a_start_beside_it_would_fail_of",
        '"validate", "--json"',
    ),
    "make install-service": Elsewhere(_SERVICE, '"install-service"'),
    "make remove-service": Elsewhere(_SERVICE, '"remove-service"'),
    "sudo make -C /opt/ollama-observe install-service": Elsewhere(
        _ROOTS, '"install-service", root=True'
    ),
    "locust -f services/traffic/locustfile.py --headless --users 4": Elsewhere(
        "tests/integration/test_locust.py"
        "::test_one_plan_asks_the_same_and_gets_as_many_tokens_on_both_runners",
        '"--users", "4"',
    ),
    "TRAFFIC_WORKERS=3 locust": Elsewhere(
        "tests/integration/test_locust.py"
        "::test_one_plan_asks_the_same_and_gets_as_many_tokens_on_both_runners",
        '"--processes", "2"',
    ),
    "export TRAFFIC_": Elsewhere(
        _LOCUST + "test_every_question_of_the_plan_is_asked_once_and_the_proxies_count_the_same",
        "TRAFFIC_WORKERS",
    ),
    "locust -f services/traffic/locustfile.py --master": Elsewhere(
        _LOCUST + "test_every_question_of_the_plan_is_asked_once_and_the_proxies_count_the_same",
        '"--master"',
    ),
    "locust -f services/traffic/locustfile.py --worker": Elsewhere(
        _LOCUST + "test_every_question_of_the_plan_is_asked_once_and_the_proxies_count_the_same",
        '"--worker"',
    ),
}
"""Beginnings of commands, the longest counts, and who runs them."""

VERBS = {
    "bench": Elsewhere(
        "tests/integration/test_bench.py::test_a_quick_run_measures_everything_side_by_side",
        '"bench"',
    ),
    "audit": Elsewhere(
        "tests/contract/test_audit.py::test_nobody_who_answers_is_no_clean_result",
        'command.main(["audit"',
    ),
    "sbom": Elsewhere(
        "tests/contract/test_sbom.py::test_each_image_has_one_and_so_has_the_whole",
        'command.main(["sbom"',
    ),
    "soak": Elsewhere(
        "tests/integration/test_soak.py"
        "::test_twenty_seconds_of_faults_leave_nothing_and_every_count_is_right",
        "bench.soak",
    ),
    "drill": Elsewhere(
        "tests/integration/test_drill.py"
        "::test_every_alert_that_can_be_drilled_here_fires_and_resolves",
        '"drill"',
    ),
    "cache-eval": Elsewhere(
        "tests/integration/test_cache_eval.py::test_figures_and_a_picture_are_written",
        "bench.cache",
    ),
    "clean": Elsewhere(
        "tests/integration/test_stack_checkout.py"
        "::test_clean_removes_an_environment_that_does_not_work",
        '"clean"',
    ),
    "load": Elsewhere(_BARE + "test_an_archive_is_loaded_by_docker_alone", '"load"'),
    "setup": Elsewhere(
        "tests/integration/test_stack_portkey.py"
        "::test_setup_fetches_the_gateway_where_it_is_asked_for",
        '"setup"',
    ),
    "pull-model": Elsewhere(
        "tests/compose/test_verbs_model.py"
        "::test_with_nothing_running_it_is_fetched_and_nothing_is_left",
        '"pull-model"',
    ),
    "docs": Elsewhere(
        "tests/contract/test_documents.py::test_generated_passages_are_in_step_with_the_code",
        '"docs.py"',
    ),
    "install-dashboard": Elsewhere(
        "tests/integration/test_stack_sets.py::test_the_dashboard_is_installed_and_shows_its_page",
        '"install-dashboard"',
    ),
    "start-ollama": Elsewhere(
        "tests/integration/test_stack_ollama.py"
        "::test_the_installed_ollama_is_started_used_and_stopped",
        '"start-ollama"',
    ),
    "start-portkey": Elsewhere(
        _PORTKEY + "test_the_gateway_starts_alone_is_healthy_and_stops_alone", '"start-portkey"'
    ),
    "start-proxy": Elsewhere(_PORTKEY + _ROUTED, '"start-proxy"'),
    "start-proxy-portkey": Elsewhere(_PORTKEY + _ROUTED, '"start-proxy-portkey"'),
    "stop-dashboard": Elsewhere(
        "tests/compose/test_verbs.py::test_a_part_goes_and_comes_back_alone", '"stop-dashboard"'
    ),
    "traffic": Elsewhere(
        "tests/integration/test_traffic_interactive.py"
        "::test_enter_alone_is_a_quick_run_that_is_watched",
        "interactive",
    ),
    "traffic-continuous": Elsewhere(
        "tests/integration/test_traffic.py::test_a_continuous_run_goes_on_until_it_is_stopped",
        '"--preset", "continuous"',
    ),
    "traffic-portkey-direct": Elsewhere(
        "tests/integration/test_traffic_portkey.py"
        "::test_the_way_straight_to_the_gateway_passes_no_proxy_and_streams",
        '"--route", "gateway"',
    ),
    "traffic-start": Elsewhere(
        "tests/integration/test_stack_traffic.py::test_it_stops_paces_and_starts_as_it_is_told",
        '"traffic-start"',
    ),
}
"""Verbs of make that documents name in sentences alone, and who runs them."""

VERBS_NOT_HERE = {
    "test-all": "it is what runs this",
    "format": "it rewrites the code",
    "lint": ".ci/run runs it",
    "lock": "it asks a registry; tests/contract/test_requirements.py looks at what it wrote",
    "licences": "it may ask a registry; tests/contract/test_licences.py looks at what it wrote",
    "help": "tests/contract/test_makefile.py: make alone prints it",
}
"""Verbs that no test calls, and why."""


def longest(table: Iterable[str], command: str) -> str | None:
    """The longest entry that a command begins with."""
    return max((entry for entry in table if command.startswith(entry)), key=len, default=None)
