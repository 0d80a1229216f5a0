from fastapi import FastAPI
from fastapi.testclient import TestClient

from gpu_exporter.fit.asking import Fitting, HostMemory
from gpu_exporter.fit.route import PATH, add_fit_route
from tests.anatomies import LLAMA32_3B
from tests.clock import Clock
from tests.ollamas import WrittenOllama, asking, serving


def test_an_answer_is_json_and_what_is_refused_is_a_sentence_with_its_status() -> None:
    script = WrittenOllama()
    script.install("a", size=5)
    script.shown["a:latest"] = LLAMA32_3B.shown()
    with serving(script) as server:
        app = FastAPI()
        fitting = Fitting(asking(server.url, Clock()), memory=lambda: HostMemory(2e10, 3e10))
        add_fit_route(app, fitting)
        client = TestClient(app)
        found = client.get(PATH, params={"model": "a"})
        assert (found.status_code, found.json()["verdict"]) == (200, "fits")
        missing = client.get(PATH, params={"model": "b"})
        assert (missing.status_code, list(missing.json())) == (404, ["error"])
        twice = client.get(f"{PATH}?model=a&model=b")
        assert twice.json() == {"error": "model: expected once, found twice"}
        assert twice.status_code == 400
        for empty in ("", "%20%20"):
            assert client.get(f"{PATH}?model={empty}").status_code == 400
        assert "head_room" in client.get(PATH).json()
        assert client.post(PATH).status_code == 405
