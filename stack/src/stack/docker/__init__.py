"""The stack in containers: what make's verbs do where a Docker engine runs them."""
