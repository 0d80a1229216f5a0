"""Whether a prompt was cut without a word: no answer says so, two signals together do.

What is not known suspects nothing. A conversation is cut at a message, so that its count may
lie anywhere: it goes unnoticed.
Source: recorded exchanges; Ollama's runner keeps the first tokens and half of the rest.
"""

from ollama_observe.wire.requests import RequestFacts

# Measured on two tokenizers: English 4.9, German 2.7-4.6, code 2.1-2.8, Chinese 1.5-4.3.
BYTES_PER_TOKEN_LIMIT = 8

# The count at a cut is the half and two, or the whole less what the template adds.
NEAR_TOKENS = 4


def has_too_much_text(facts: RequestFacts, prompt_tokens: int | None) -> bool:
    """Whether the tokens counted cannot be all of the text that was sent.

    Never where the request asked for an error instead of a cut.
    """
    if facts.prompt_bytes is None or facts.truncate is False or not prompt_tokens:
        return False
    return facts.prompt_bytes > BYTES_PER_TOKEN_LIMIT * prompt_tokens


def is_at_cut(prompt_tokens: int, num_ctx: int) -> bool:
    """Whether the tokens counted are as many as a cut leaves of a context of `num_ctx`."""
    cuts = (num_ctx // 2 + 2, num_ctx)
    return any(abs(prompt_tokens - cut) <= NEAR_TOKENS for cut in cuts)
