"""Asks a running `keelrow up` with the libraries of the formats that it speaks.

    python3 service_clients.py BASE_URL TOKEN SECRET_FILE PICTURE

PyJWT reads its tokens, and the service takes those that PyJWT signs; prometheus_client reads its
metrics; openapi-spec-validator reads its description. Leaves with 1 at the first that differs.
"""

import json
import sys
import time
import urllib.error
import urllib.request

import jwt
from openapi_spec_validator import validate
from prometheus_client.parser import text_string_to_metric_families


def ask(url, headers=None, body=None):
    """Status and body."""
    request = urllib.request.Request(url, body, headers or {})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def predict(base, token, picture):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "image/png"}
    return ask(f"{base}/predict", headers, picture)


def check_tokens(base, token, secret, picture):
    claims = jwt.decode(token, secret, algorithms=["HS256"], audience="keelrow", issuer="keelrow")
    assert claims["exp"] - claims["iat"] == 24 * 3600, claims
    assert predict(base, jwt.encode(claims, secret, "HS256"), picture)[0] == 200
    expired = claims | {"exp": int(time.time()) - 120}
    for refused in (
        jwt.encode(claims, secret, "HS512"),
        jwt.encode(claims, None, "none"),
        jwt.encode(claims, secret[::-1], "HS256"),
        jwt.encode(expired, secret, "HS256"),
        jwt.encode(claims | {"aud": "another"}, secret, "HS256"),
    ):
        status, body = predict(base, refused, picture)
        assert status == 401, (status, body)


def check_metrics(base, token):
    _, text = ask(f"{base}/metrics", {"Authorization": f"Bearer {token}"})
    families = {family.name: family for family in text_string_to_metric_families(text)}
    latency = families["prediction_latency_seconds"]
    assert latency.type == "histogram", latency.type
    counts = [s.value for s in latency.samples if s.name.endswith("_count")]
    assert sum(counts) > 0, counts


def check_description(base, token):
    status, _ = ask(f"{base}/openapi.json")
    assert status == 401, status
    _, text = ask(f"{base}/openapi.json", {"Authorization": f"Bearer {token}"})
    validate(json.loads(text))


def main(base, token, secret_file, picture_file):
    with open(secret_file, "rb") as file:
        secret = file.read()
    with open(picture_file, "rb") as file:
        picture = file.read()
    check_tokens(base, token, secret, picture)
    check_metrics(base, token)
    check_description(base, token)
    print("PyJWT, prometheus_client and openapi-spec-validator agree with the service")


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
