"""TorchServe's handler of the photos (peer of bench/serving.cpp): a batch in one inference."""
from ts.torch_handler.base_handler import BaseHandler

import served


class PhotoHandler(BaseHandler):
    def initialize(self, context):
        self.model = served.load_photo()
        self.initialized = True

    def handle(self, requests, context):
        pictures = [served.pixels(bytes(request.get("data") or request.get("body")))
                    for request in requests]
        return [{"result": answer} for answer in served.classes(self.model, pictures)]
