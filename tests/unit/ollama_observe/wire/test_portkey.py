"""What the gateway is told, in the words of its own headers."""

from ollama_observe.wire.portkey import headers_to


def test_a_request_names_provider_host_and_a_key_that_says_nothing() -> None:
    assert headers_to("http://gpu:11434") == {
        "x-portkey-provider": "openai",
        "x-portkey-custom-host": "http://gpu:11434",
        "authorization": "Bearer ollama",
    }
