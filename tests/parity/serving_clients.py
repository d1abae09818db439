"""Asks a running `keelrow up` with the unmodified clients of other model servers.

    python3 serving_clients.py HOST:PORT TOKEN MANAGE_TOKEN MODEL PICTURE LABEL

tritonclient speaks the Open Inference Protocol, over HTTP and gRPC; gRPC's own libraries ask for
health and reflection; the `curl` lines are those of TorchServe's manual;
the bodies are those that MLflow's and SageMaker's clients send. Leaves with 1 at the first that
differs.
"""

import base64
import json
import queue
import subprocess
import sys

import grpc
import numpy
import tritonclient.grpc as triton_grpc
import tritonclient.http as triton
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
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


def check_triton_grpc(address, headers, manage, model, picture, label):
    headers, manage = ({"authorization": h["Authorization"]} for h in (headers, manage))
    client = triton_grpc.InferenceServerClient(address)
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(model)
    assert "model_repository" in client.get_server_metadata().extensions
    metadata = client.get_model_metadata(model, headers=headers)
    assert [(x.name, x.datatype, list(x.shape)) for x in metadata.inputs] == [
        ("input_data", "BYTES", [-1])
    ]
    assert client.get_model_config(model, headers=headers).config.output[0].data_type == 11  # FP32
    files = triton_grpc.InferInput("input_data", [2], "BYTES")
    files.set_data_from_numpy(numpy.array([picture, picture], dtype=object))
    best = triton_grpc.InferRequestedOutput("probabilities", class_count=1)
    for compression in (None, "gzip", "deflate"):
        answer = client.infer(
            model, [files], headers=headers, request_id="q", compression_algorithm=compression
        )
        assert answer.get_response().id == "q"
        assert [x.decode() for x in answer.as_numpy("label")] == [label, label]
        rows = answer.as_numpy("probabilities")
        assert rows.dtype == numpy.float32 and abs(rows.sum(axis=1) - 1).max() < 1e-5
    answer = client.infer(
        model, [files], "champion", [best], headers=headers, priority=1, timeout=10_000_000
    )
    assert answer.as_numpy("probabilities")[0][0].decode().endswith(":" + label)
    check_triton_stream(client, headers, model, files, label)
    check_triton_grpc_errors(client, headers, manage, model, files)


def check_triton_stream(client, headers, model, files, label):
    answers = queue.Queue()
    client.start_stream(lambda result, error: answers.put((result, error)), headers=headers)
    for i in range(100):
        client.async_stream_infer(model, [files], request_id=str(i))
    client.async_stream_infer("absent", [files])
    client.async_stream_infer(model, [files], request_id="last")
    for i in range(100):
        result, error = answers.get(timeout=30)
        assert error is None, error
        assert result.get_response().id == str(i), "in the order of the questions"
        assert result.as_numpy("label")[0].decode() == label
    assert "no model" in answers.get(timeout=30)[1].message()
    assert answers.get(timeout=30)[0].get_response().id == "last", "a fault does not end a stream"
    client.stop_stream()


def refusal(call):
    try:
        call()
    except InferenceServerException as refused:
        return refused.status()
    raise AssertionError("answered")


def check_triton_grpc_errors(client, headers, manage, model, files):
    ask = lambda name=model, **more: refusal(lambda: client.infer(name, [files], **more))
    wrong = {"authorization": "Bearer " + headers["authorization"][-20:]}
    assert ask() == ask(headers=wrong) == "StatusCode.UNAUTHENTICATED"
    assert ask("absent", headers=headers) == "StatusCode.NOT_FOUND"
    assert ask(headers=headers, client_timeout=1e-6) == "StatusCode.DEADLINE_EXCEEDED"
    nothing = triton_grpc.InferInput("nothing", [1, 1], "FP32")
    nothing.set_data_from_numpy(numpy.zeros((1, 1), numpy.float32))
    misfit = refusal(lambda: client.infer(model, [nothing], headers=headers))
    assert misfit == "StatusCode.INVALID_ARGUMENT"
    unload = refusal(lambda: client.unload_model(model, headers=headers))
    assert unload == "StatusCode.PERMISSION_DENIED"
    client.unload_model(model, headers=manage)
    assert not client.is_model_ready(model)
    assert ask(headers=headers) == "StatusCode.UNAVAILABLE"
    client.load_model(model, headers=manage)
    assert client.is_model_ready(model)
    foreign = lambda: client.load_model(model, headers=manage, files={"file:1/model.onnx": b"x"}, config="{}")
    assert refusal(foreign) == "StatusCode.UNIMPLEMENTED", "files come from the repository alone"
    index = client.get_model_repository_index(headers=manage).models
    assert {"READY"} == {row.state for row in index if row.name == model}, index
    statistics = client.get_inference_statistics(model, headers=headers).model_stats
    assert statistics[0].name == model
    shared = refusal(lambda: client.get_system_shared_memory_status(headers=headers))
    assert shared == "StatusCode.UNIMPLEMENTED"


def check_grpc(address, headers, model, picture):
    """Health, reflection and deadlines, as gRPC's own libraries see them."""
    with grpc.insecure_channel(address) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        for service in ("", "inference.GRPCInferenceService"):
            answer = health.Check(health_pb2.HealthCheckRequest(service=service), timeout=10)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        try:
            health.Check(health_pb2.HealthCheckRequest(service="absent"), timeout=10)
            raise AssertionError("a service that is not there is healthy")
        except grpc.RpcError as refused:
            assert refused.code() == grpc.StatusCode.NOT_FOUND
        database = ProtoReflectionDescriptorDatabase(channel)
        assert "inference.GRPCInferenceService" in database.get_services()
        service = DescriptorPool(database).FindServiceByName("inference.GRPCInferenceService")
        theirs = triton_grpc.service_pb2.DESCRIPTOR.services_by_name["GRPCInferenceService"]
        for method in service.methods:
            assert_same(method.input_type, theirs.methods_by_name[method.name].input_type)
            assert_same(method.output_type, theirs.methods_by_name[method.name].output_type)
    check_deadline(address, headers, model, picture)


def check_deadline(address, headers, model, picture):
    """The server itself keeps grpc-timeout: a client that does not look at its clock hears of it."""
    request = triton_grpc.service_pb2.ModelInferRequest(model_name=model)
    request.inputs.add(name="input_data", datatype="BYTES", shape=[1])
    request.raw_input_contents.append(len(picture).to_bytes(4, "little") + picture)
    message = request.SerializeToString()
    done = subprocess.run(
        ["curl", "-sS", "-i", "--http2-prior-knowledge"]
        + ["-H", "Content-Type: application/grpc", "-H", "grpc-timeout: 0m"]
        + ["-H", "Authorization: " + headers["Authorization"], "--data-binary", "@-"]
        + [f"http://{address}/inference.GRPCInferenceService/ModelInfer"],
        input=b"\0" + len(message).to_bytes(4, "big") + message,
        check=True,
        capture_output=True,
    )
    assert b"grpc-status: 4" in done.stdout, done.stdout


def assert_same(ours, theirs):
    """Every field of ours has the number, type and label that theirs has."""
    for field in ours.fields:
        other = theirs.fields_by_name[field.name]
        assert (field.number, field.type) == (other.number, other.type), field.full_name
        if field.message_type is not None:
            assert_same(field.message_type, other.message_type)


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
    manager = {"Authorization": f"Bearer {manage}"}
    check_triton_grpc(address, headers, manager, model, picture, label)
    check_grpc(address, headers, model, picture)
    check_torchserve(base, token, manage, model, path, label)
    check_rows(base, token, model, path, picture, label)
    print("clients of other servers: all answered")


if __name__ == "__main__":
    main()
