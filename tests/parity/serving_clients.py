"""Asks a running `keelrow up` with the unmodified clients of other model servers.

    python3 serving_clients.py HOST:PORT TOKEN MANAGE_TOKEN MODEL PICTURE LABEL

tritonclient speaks the Open Inference Protocol; the `curl` lines are those of TorchServe's manual;
the bodies are those that MLflow's and SageMaker's clients send. Leaves with 1 at the first that
differs.
"""

import base64
import json
import subprocess
import sys

import numpy
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException


def check_triton(address, headers, model, picture, label):
    client = triton.InferenceServerClient(address)
    assert client.is_server_live(headers) and client.is_server_ready(headers)
    assert client.is_model_ready(model, headers=headers)
    assert client.is_model_ready(model, "champion", headers=headers), "an alias is a version"
    assert "binary_tensor_data" in client.get_server_metadata(headers)["extensions"]
    metadata = client.get_model_metadata(model, headers=headers)
    assert metadata["inputs"][0] == {"name": "input_data", "datatype": "BYTES", "shape": [-1]}

    files = triton.InferInput("input_data", [2], "BYTES")
    files.set_data_from_numpy(numpy.array([picture, picture], dtype=object))
    answer = client.infer(model, [files], headers=headers, request_id="q-1")
    assert answer.get_response()["id"] == "q-1"
    assert [x.decode() for x in answer.as_numpy("label")] == [label, label]
    rows = answer.as_numpy("probabilities")
    assert rows.dtype == numpy.float32 and abs(rows.sum(axis=1) - 1).max() < 1e-5

    best = triton.InferRequestedOutput("probabilities", class_count=1)
    for compression in (None, "gzip", "deflate"):
        answer = client.infer(
            model,
            [files],
            outputs=[best],
            headers=dict(headers),  # the client adds to it
            priority=1,
            timeout=10_000_000,
            request_compression_algorithm=compression,
            response_compression_algorithm=compression,
        )
        assert answer.as_numpy("probabilities")[0][0].decode().endswith(":" + label)
    return client


def check_triton_errors(client, headers, manage, model):
    wrong = triton.InferInput("nothing", [1, 1], "FP32")
    wrong.set_data_from_numpy(numpy.zeros((1, 1), numpy.float32))
    for name, text in ((model, "missing"), ("absent", "no model"), ("a/b", "")):
        try:
            client.infer(name, [wrong], headers=headers)
            raise AssertionError(name + " was answered")
        except InferenceServerException as refusal:
            assert text in refusal.message(), refusal.message()
    try:
        client.unload_model(model, headers=headers)
        raise AssertionError("a prediction's token has unloaded a model")
    except InferenceServerException:
        pass
    client.unload_model(model, headers=manage)
    assert not client.is_model_ready(model, headers=headers)
    client.load_model(model, headers=manage)
    assert client.is_model_ready(model, headers=headers)
    index = client.get_model_repository_index(headers=manage)
    assert {"READY"} == {row["state"] for row in index if row["name"] == model}, index
    statistics = client.get_inference_statistics(model, headers=headers)["model_stats"]
    assert statistics[0]["name"] == model


def curl(*words):
    done = subprocess.run(["curl", "-sS", *words], check=True, capture_output=True)
    return json.loads(done.stdout)


def check_torchserve(base, token, manage, model, path, label):
    assert curl(base + "/ping") == {"status": "Healthy"}
    bearer = ("-H", f"Authorization: Bearer {token}")
    for words in (("-T", path), ("-F", f"data=@{path}"), ("--data-binary", f"@{path}")):
        answer = curl(*bearer, f"{base}/predictions/{model}", *words)
        assert max(answer, key=answer.get) == label, answer
    assert curl(*bearer, f"{base}/predictions/absent", "-T", path)["type"] == "ModelNotFoundException"
    manager = ("-H", f"Authorization: Bearer {manage}")
    described = curl(*manager, f"{base}/models/{model}")
    assert described[0]["workers"][0]["status"] == "READY", described
    assert {"modelName": model, "modelUrl": model} in curl(*manager, base + "/models")["models"]


def check_rows(base, token, model, path, picture, label):
    """KServe's first protocol, MLflow's and SageMaker's."""
    text = base64.b64encode(picture).decode()
    bearer = ("-H", f"Authorization: Bearer {token}")
    instances = json.dumps({"instances": [{"image_bytes": {"b64": text}}]})
    answer = curl(*bearer, f"{base}/v1/models/{model}:predict", "-d", instances)
    assert answer["predictions"][0]["label"] == label
    as_json = (*bearer, "-H", "Content-Type: application/json")
    for body in (
        {"dataframe_split": {"columns": ["image"], "index": [0], "data": [[text]]}},
        {"dataframe_records": [{"image": text}]},
        {"instances": [text]},
    ):
        answer = curl(*as_json, base + "/invocations", "-d", json.dumps(body))
        assert answer["predictions"][0]["label"] == label, answer
    raw = ("-H", "Content-Type: application/x-image", "--data-binary", f"@{path}")
    answer = curl(*bearer, base + "/invocations", *raw)
    assert answer["predictions"][0]["label"] == label


def main():
    address, token, manage, model, path, label = sys.argv[1:]
    with open(path, "rb") as file:
        picture = file.read()
    base = "http://" + address
    headers = {"Authorization": f"Bearer {token}"}
    client = check_triton(address, headers, model, picture, label)
    check_triton_errors(client, headers, {"Authorization": f"Bearer {manage}"}, model)
    check_torchserve(base, token, manage, model, path, label)
    check_rows(base, token, model, path, picture, label)
    print("clients of other servers: all answered")


if __name__ == "__main__":
    main()
