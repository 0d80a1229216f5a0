from engine import app, refusals


def test_every_refusal_names_ollama_as_the_remedy() -> None:
    assert all("install Ollama" in sentence for _, _, sentence in refusals.ROUTES)


def test_nothing_is_both_answered_and_refused() -> None:
    answered = {(path, method) for path, methods, _ in app.ROUTES for method in methods}
    refused = [(path, method) for path, methods, _ in refusals.ROUTES for method in methods]
    assert len(refused) == len(set(refused))
    assert not answered & set(refused)
