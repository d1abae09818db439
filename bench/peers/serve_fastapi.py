"""The peer of bench/serving.cpp: FastAPI as its manual has it, under uvicorn with uvloop and
httptools. `uvicorn --factory serve_fastapi:mlp` or `:photo`."""
import torch
from fastapi import FastAPI, Request
from pydantic import BaseModel

import served


class Question(BaseModel):
    input_data: list[float]
    request_id: str | None = None


def mlp():
    app, model = FastAPI(), served.load_mlp()

    # async: so small an inference is faster on the event loop than on a thread of the pool.
    @app.post("/predict")
    async def predict(question: Question):
        with torch.inference_mode():
            result = model(torch.tensor([question.input_data]))
        return {"result": result.tolist(), "request_id": question.request_id,
                "model": {"name": "mlp", "version": 1}}

    return app


def photo():
    app, model = FastAPI(), served.load_photo()

    # One picture at a time in each worker process: threads of one process get in each other's way.
    @app.post("/predict")
    async def predict(request: Request):
        answers = served.classes(model, [served.pixels(await request.body())])
        return {"result": answers[0], "request_id": None, "model": {"name": "photo", "version": 1}}

    return app
