"""How many tokens are asked and answered: the second part of the load."""

from dashboard.panels.load import GROUP
from dashboard.panels.model import Kind, Panel, Query, Unit
from dashboard.panels.queries import P50_P95, grown, per_model, quantiles, rate, summed
from dashboard.panels.sentences import NO_TOKENS


def _sizes(of: str, name: str) -> tuple[Query, ...]:
    matchers = f'type="{of}",${{requests}}'
    return quantiles("ollama_proxy_request_tokens", matchers, name=name, which=P50_P95)


PANELS = (
    Panel(
        "tokens-in-out",
        GROUP.id,
        "Tokens in and out",
        Unit.TOKENS_PER_SECOND,
        queries=(
            *per_model(
                lambda *by: summed(rate("ollama_proxy_prompt_tokens_total{${requests}}"), *by),
                "prompts",
            ),
            *per_model(
                lambda *by: summed(rate("ollama_proxy_generated_tokens_total{${requests}}"), *by),
                "generated",
            ),
            *per_model(
                lambda *by: summed(
                    rate("ollama_proxy_cached_prompt_tokens_total{${requests}}"), *by
                ),
                "of prompts, from Ollama's cache",
            ),
        ),
        absent=NO_TOKENS,
        help="As Ollama counts them. Prompts are counted at the end of a request, with what came"
        " from Ollama's own cache, which is absent where Ollama does not tell of it. What the"
        " answer cache spared is in neither.",
    ),
    Panel(
        "cached-prompts",
        GROUP.id,
        "Prompt tokens from Ollama's cache",
        Unit.RATIO,
        queries=per_model(
            lambda *by: (
                f"{summed(grown('ollama_proxy_cached_prompt_tokens_total{${requests}}'), *by)} / ("
                f"{summed(grown('ollama_proxy_prompt_tokens_total{${requests}}'), *by)} > 0)"
            ),
            "cached",
        ),
        absent="Ollama did not say how much of a prompt it had in its cache",
        help="The share of prompt tokens that were not evaluated again.",
        most=1.0,
    ),
    Panel(
        "request-tokens",
        GROUP.id,
        "Length of prompts and answers",
        Unit.TOKENS,
        queries=(
            *_sizes("input", "prompt"),
            *_sizes("output", "answer"),
        ),
        absent=NO_TOKENS,
        help="Tokens of one request. Buckets are four times as wide as the one before: between"
        " their edges these are estimates.",
        is_logarithmic=True,
    ),
    Panel(
        "users",
        GROUP.id,
        "Tokens by user",
        Unit.TOKENS_PER_SECOND,
        queries=(
            Query(summed(rate("ollama_proxy_user_tokens_total{${routings}}"), "user"), "{user}"),
        ),
        absent="users are told apart only where PROXY_API_KEYS_FILE, PROXY_TRUSTED_ADDRESSES,"
        " PROXY_USER_HEADER or PROXY_USER_ALIASES_FILE says by what",
        help="Tokens in and out. Users are aliases or hashes, never keys. Not told by model: the"
        " filter of models does not apply.",
        kind=Kind.STACKED,
    ),
)
