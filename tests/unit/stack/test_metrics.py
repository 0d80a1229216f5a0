from stack.metrics import interesting, measuring
from stack.parts import gpu_exporter_part, proxy_part
from stack.plan import Plan
from stack.settings import parse
from stack.traffic.part import traffic_part

EXPOSITION = """\
# HELP ollama_proxy_requests_total Requests.
# TYPE ollama_proxy_requests_total counter
ollama_proxy_requests_total{model="a b"} 3.0
ollama_proxy_requests_created{model="a b"} 1.7e+09
ollama_proxy_duration_seconds_bucket{le="1.0"} 2.0
ollama_proxy_duration_seconds_sum 1.5
host_load{window="1m"} 0.5
traffic_running 1.0
traffic_http_requests_total{handler="/status"} 4.0
process_cpu_seconds_total 4.2
python_info{version="3.11"} 1.0
"""


def test_our_samples_remain_without_comments_buckets_and_the_runtimes() -> None:
    assert list(interesting(EXPOSITION)) == [
        'ollama_proxy_requests_total{model="a b"} 3.0',
        "ollama_proxy_duration_seconds_sum 1.5",
        'host_load{window="1m"} 0.5',
        "traffic_running 1.0",
    ]


def test_the_exporter_is_asked_where_one_runs() -> None:
    proxy = proxy_part(parse({}), "http://o")
    exporter = gpu_exporter_part(parse({}), "http://o", proxy.addresses[1], None)
    assert [address.port for address in measuring(Plan((proxy,)))] == [8001]
    assert [address.port for address in measuring(Plan((proxy, exporter)))] == [8001, 8000]


def test_the_traffic_worker_is_asked_where_one_runs() -> None:
    proxy = proxy_part(parse({}), "http://o")
    worker = traffic_part(parse({}), [proxy])
    assert [address.port for address in measuring(Plan((proxy, worker)))] == [8001, 8002]
