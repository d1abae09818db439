"""Asks a running `keelrow up` with the client libraries of KServe, MLflow, SageMaker and Label Studio.

    python3 other_clients.py HOST:PORT TOKEN MODEL PICTURE LABEL

Each library is used as its users use it; what it raises is the failure. Leaves with 1 at the first
that differs.
"""

import asyncio
import base64
import importlib.util
import io
import json
import os
import sys
import tempfile
import types

import boto3
import botocore
import httpx
import numpy
import pandas


def bare_package(name):
    """The package without its __init__, which imports a whole server (Kubernetes, FastAPI, …)."""
    package = types.ModuleType(name)
    package.__path__ = list(importlib.util.find_spec(name).submodule_search_locations)
    sys.modules[name] = package


bare_package("kserve")
bare_package("label_studio_sdk")
from kserve.inference_client import InferenceRESTClient, RESTConfig  # noqa: E402
from kserve.protocol.infer_type import InferInput, InferRequest, RequestedOutput  # noqa: E402
from label_studio_sdk.label_interface import LabelInterface  # noqa: E402


async def check_kserve_v1(base, headers, model, picture, label):
    client = InferenceRESTClient(RESTConfig(protocol="v1"))
    assert await client.is_server_live(base)
    assert await client.is_model_ready(base, model, headers=headers)
    text = base64.b64encode(picture).decode()
    answer = await client.infer(base, {"instances": [{"b64": text}] * 2}, model, headers=headers)
    assert [row["label"] for row in answer["predictions"]] == [label, label]
    try:
        await client.infer(base, {"instances": []}, "absent", headers=headers)
        raise AssertionError("an absent model has answered")
    except httpx.HTTPStatusError as refusal:
        assert "no model" in str(refusal), refusal


async def check_kserve_v2(base, headers, model, picture, label):
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    assert await client.is_server_live(base) and await client.is_server_ready(base)
    assert await client.is_model_ready(base, model, headers=headers)
    files = InferInput("input_data", [1], "BYTES")
    files.set_data_from_numpy(numpy.array([picture], dtype=object), binary_data=True)
    for binary in (False, True):
        wanted = [RequestedOutput(name, {"binary_data": binary}) for name in ("label", "probabilities")]
        request = InferRequest(model, [files], request_id="k-1", request_outputs=wanted)
        answer = await client.infer(base, request, model, headers=dict(headers))
        assert answer.id == "k-1" and answer.model_name == model
        (said,) = answer.outputs[0].as_numpy().tolist()
        assert said in (label, label.encode()), said
        rows = answer.outputs[1].as_numpy()
        assert rows.dtype == numpy.float32 and abs(rows.sum() - 1) < 1e-5


def check_mlflow(host, port, token, picture, label):
    """Its client knows no tokens; `requests` below it takes a password from a .netrc."""
    from mlflow.pyfunc.scoring_server.client import ScoringServerClient

    scipy = types.ModuleType("scipy")  # it asks whether scipy.sparse is there, which it is not
    scipy.__path__ = []
    sys.modules.setdefault("scipy", scipy)
    with tempfile.NamedTemporaryFile("w", suffix="netrc") as netrc:
        netrc.write(f"machine {host} login mlflow password {token}\n")
        netrc.flush()
        os.environ["NETRC"] = netrc.name
        client = ScoringServerClient(host, port)
        client.wait_server_ready(timeout=10)
        assert client.get_version()
        text = base64.b64encode(picture).decode()
        for data in (pandas.DataFrame({"image": [text, text]}), [text, text]):
            answer = client.invoke(data)
            assert [row["label"] for row in answer["predictions"]] == [label, label]
            assert len(answer.get_predictions("dataframe")) == 2


def check_sagemaker(base, token, model, picture, label):
    client = boto3.client(
        "sagemaker-runtime",
        endpoint_url=base,
        region_name="eu-central-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
        config=botocore.config.Config(retries={"max_attempts": 0}),
    )

    # The token takes the signature's place, as a proxy before the service would put it.
    def bearer(request, **_):
        request.headers["Authorization"] = "Bearer " + token

    client.meta.events.register("before-send.sagemaker-runtime.*", bearer)
    answer = client.invoke_endpoint(
        EndpointName=model, ContentType="application/x-image", Accept="application/json", Body=picture
    )
    assert answer["ContentType"].startswith("application/json"), answer["ContentType"]
    assert json.load(io.BytesIO(answer["Body"].read()))["predictions"][0]["label"] == label
    try:
        client.invoke_endpoint(EndpointName="absent", ContentType="application/x-image", Body=picture)
        raise AssertionError("an absent endpoint has answered")
    except botocore.exceptions.ClientError as refusal:
        assert refusal.response["ResponseMetadata"]["HTTPStatusCode"] == 404, refusal


def check_label_studio(base, token, picture, label):
    """The requests of label_studio/ml/api_connector.py; the answer is checked by Label Studio's SDK."""
    config = (
        '<View><Image name="picture" value="$image"/><Choices name="class" toName="picture">'
        + "".join(f'<Choice value="{name}"/>' for name in (label, "nothing else"))
        + "</Choices></View>"
    )
    basic = {"Authorization": "Basic " + base64.b64encode(f"label-studio:{token}".encode()).decode()}
    project = {"project": "7.1700000000", "label_config": config, "schema": config}
    assert httpx.get(base + "/health").json()["status"] == "UP"
    version = httpx.post(base + "/setup", json=project, headers=basic).json()["model_version"]
    uri = "data:image/png;base64," + base64.b64encode(picture).decode()
    tasks = [{"id": 1, "data": {"image": uri}, "project": 7}, {"id": 2, "data": {"image": "/data/x"}}]
    params = {"login": None, "password": None, "context": None}
    reply = httpx.post(
        base + "/predict", json={"tasks": tasks, **project, "params": params}, headers=basic
    )
    good, bad = reply.json()["results"]
    assert good["model_version"] == version and 0 < good["score"] <= 1
    assert good["result"][0]["value"]["choices"] == [label]
    assert "result" not in bad, "Label Studio passes over it"
    faults = LabelInterface(config).validate_prediction(good, return_errors=True)
    assert not faults, faults


def main():
    address, token, model, path, label = sys.argv[1:]
    with open(path, "rb") as file:
        picture = file.read()
    host, port = address.split(":")
    base = "http://" + address
    headers = {"Authorization": f"Bearer {token}"}
    asyncio.run(check_kserve_v1(base, headers, model, picture, label))
    asyncio.run(check_kserve_v2(base, headers, model, picture, label))
    check_mlflow(host, port, token, picture, label)
    check_sagemaker(base, token, model, picture, label)
    check_label_studio(base, token, picture, label)
    print("kserve, mlflow, sagemaker, label studio: all answered")


if __name__ == "__main__":
    main()
