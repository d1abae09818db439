"""Sends every example of a running service's description, as somebody would who pastes them.

    python3 openapi_examples.py BASE_URL [TOKEN]

openapi-spec-validator reads the document; every example of every operation that predicts or tells
must be answered 200, and every operation with a body must have one for every kind of model. Leaves
with 1 at the first that differs.
"""

import json
import sys
import urllib.error
import urllib.request
from urllib.parse import quote

from openapi_spec_validator import validate


def ask(method, url, token, kind=None, body=None):
    """Status and text."""
    request = urllib.request.Request(url, body, method=method.upper())
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    if kind:
        request.add_header("Content-Type", kind)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def place(path, operation, name):
    """The path with the parameters that this example has; "digits: instances" has those of "digits"."""
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            value = parameter["examples"][name.split(": ")[0]]["value"]
            path = path.replace("{%s}" % parameter["name"], quote(value, safe=":"))
    return path


def questions(path, operation):
    """Path, media type and body of each example; of an operation without a body, each path."""
    bodies = [
        (place(path, operation, name), kind, example["value"])
        for kind, media in operation.get("requestBody", {}).get("content", {}).items()
        for name, example in media.get("examples", {}).items()
    ]
    if bodies or "requestBody" in operation:
        return bodies
    named = [p for p in operation.get("parameters", []) if p["in"] == "path"]
    names = named[0].get("examples", {}) if named else {"": None}
    return [(place(path, operation, name), None, None) for name in names]


def main(base, token=""):
    _, text = ask("get", f"{base}/openapi.json", token)
    api = json.loads(text)
    validate(api)
    count = 0
    manages = ("/models", "/v2/repository")  # those change what is loaded; a unit test sends them
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            if path.startswith(manages) and not path.endswith("/invoke"):
                continue
            if method != "get" and "requestBody" not in operation:
                continue  # no JSON over HTTP: gRPC's methods
            asked = questions(path, operation)
            assert asked, f"{method} {path} has no example"
            for target, kind, value in asked:
                body = None if kind is None else (value if isinstance(value, str) else json.dumps(value))
                status, answer = ask(method, base + target, token, kind, body and body.encode())
                assert status == 200, (method, target, body, status, answer)
                count += 1
    print(f"{count} examples of {len(api['paths'])} paths are answered, and the description is valid")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*sys.argv[1:])
