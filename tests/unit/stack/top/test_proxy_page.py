import math

import pytest

from stack.top.proxy_page import MARK, counts_of, page_reader

PAGE = b"""\
process_start_time_seconds 1000.5
ollama_proxy_build_info{version="0.1.0",python="3.11"} 1.0
ollama_proxy_requests_total{method="POST",model="a",status="200",routing="direct"} 3.0
ollama_proxy_requests_total{method="GET",model="none",status="200",routing="direct"} 2.0
ollama_proxy_errors_total{model="a",error_type="connect",routing="direct"} 1.0
ollama_proxy_errors_total{model="b",error_type="connect",routing="portkey"} 2.0
ollama_proxy_errors_total{model="b",error_type="timeout",routing="direct"} 4.0
ollama_proxy_generated_tokens_total{model="a",routing="direct"} 50.0
ollama_proxy_prompt_tokens_total{model="a",routing="direct"} 70.0
ollama_proxy_time_to_first_token_seconds_bucket{model="a",routing="direct",le="0.1"} 1.0
ollama_proxy_time_to_first_token_seconds_bucket{model="a",routing="direct",le="+Inf"} 2.0
ollama_proxy_time_to_first_token_seconds_bucket{model="b",routing="direct",le="0.1"} 0.0
ollama_proxy_time_to_first_token_seconds_bucket{model="b",routing="direct",le="+Inf"} 1.0
ollama_proxy_time_to_first_token_seconds_sum{model="b",routing="direct"} 1.0
"""


def test_counts_are_those_of_all_models_and_ways() -> None:
    scrape = page_reader().read(PAGE)
    counts = counts_of(scrape, now=1010.5)
    assert scrape.value(MARK) == 1
    assert (counts.requests, counts.generated_tokens, counts.prompt_tokens) == (5, 50, 70)
    assert counts.errors == {"connect": 3, "timeout": 4}
    assert counts.ttft == {0.1: 1, math.inf: 3}
    assert (counts.began, counts.age_seconds) == (1000.5, 10.0)


@pytest.mark.parametrize("edge", ["abc", "", "NaN"])
def test_a_bucket_without_an_edge_is_an_error_of_values(edge: str) -> None:
    page = PAGE.replace(b'le="0.1"', f'le="{edge}"'.encode())
    with pytest.raises(ValueError, match=r"to float|expected the edge of a bucket, found NaN"):
        counts_of(page_reader().read(page))


def test_of_a_page_without_traffic_all_is_0() -> None:
    counts = counts_of(page_reader().read(b"ollama_proxy_build_info 1\n"))
    assert (counts.requests, counts.errors, counts.ttft) == (0, {}, {})
    assert (counts.began, counts.age_seconds) == (None, None)
