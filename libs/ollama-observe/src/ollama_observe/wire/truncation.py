"""Whether a prompt was cut without a word: no answer says so, two signals together do.

Source: recorded exchanges; Ollama's runner keeps the first tokens and half of the rest.
"""

from ollama_observe.wire.requests import RequestFacts

# Measured on two tokenizers: English 4.9, German 2.7-4.6, code 2.1-2.8, Chinese 1.5-4.3.
BYTES_PER_TOKEN_LIMIT = 8

# The count at a cut is the half and two, or the whole less what the template adds.
NEAR_TOKENS = 4


def is_suspected_truncation(
    facts: RequestFacts, prompt_tokens: int | None, num_ctx: int | None
) -> bool:
    """Whether the tokens counted lie at a cut and cannot be all of the text that was sent.

    `num_ctx` is the size of the context, in tokens. What is not known suspects nothing. A
    conversation is cut at a message, so that its count may lie anywhere: it goes unnoticed.
    """
    if facts.truncate is False or facts.prompt_bytes is None:
        return False
    if not prompt_tokens or not num_ctx:
        return False
    cuts = (num_ctx // 2 + 2, num_ctx)
    is_at_cut = any(abs(prompt_tokens - cut) <= NEAR_TOKENS for cut in cuts)
    return is_at_cut and facts.prompt_bytes > BYTES_PER_TOKEN_LIMIT * prompt_tokens
