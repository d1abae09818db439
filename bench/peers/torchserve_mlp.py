"""TorchServe's handler of the perceptron (peer of bench/serving.cpp): a batch in one inference."""
import torch
from ts.torch_handler.base_handler import BaseHandler

import served


class MlpHandler(BaseHandler):
    def initialize(self, context):
        self.model = served.load_mlp()
        self.initialized = True

    def handle(self, requests, context):
        rows = [(request.get("data") or request.get("body"))["input_data"] for request in requests]
        with torch.inference_mode():
            return [{"result": [row]} for row in self.model(torch.tensor(rows, dtype=torch.float32)).tolist()]
