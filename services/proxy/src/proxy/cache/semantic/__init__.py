"""Which questions mean the same: guards first, then the nearness of their embeddings."""
