"""GET /api/fit: the answer as JSON, or a sentence that says why there is none."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from gpu_exporter.fit.asking import Fitting, Refused

PATH = "/api/fit"


def add_fit_route(app: FastAPI, fitting: Fitting) -> None:
    """Have an app answer whether models fit."""

    @app.get(PATH)
    def fit(request: Request) -> JSONResponse:  # in a thread: it asks Ollama, and waits for it
        try:
            return JSONResponse(fitting.ask(request.query_params.multi_items()))
        except Refused as error:
            return JSONResponse({"error": str(error)}, error.status)
