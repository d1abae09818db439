"""Prints tests/golden/aws_signature.json: requests as botocore signs them for SageMaker.

    python3 tests/parity/aws_signature.py > tests/golden/aws_signature.json

The time is held still; names, bodies and types are drawn, with the characters that a path must encode.
"""

import datetime
import hashlib
import json
import random
import sys

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SERVICE, CASES = "sagemaker", 24
NAMES = ["digits", "digits-v2", "a b", "über", "x%2Fy", "model~1", "a+b", "m(1)", "q=1&r"]
TYPES = ["application/json", "image/jpeg", "text/csv; charset=utf-8", "application/x-a  b", None]


def quoted(name):
    from urllib.parse import quote

    return quote(name, safe="-._~")


def main():
    draw = random.Random(4)
    now = datetime.datetime(2026, 11, 28, 4, 5, 6, tzinfo=datetime.timezone.utc)
    botocore.auth.get_current_datetime = lambda *_, **__: now.replace(tzinfo=None)
    cases = []
    for number in range(CASES):
        region = draw.choice(["eu-central-1", "us-east-1"])
        port = draw.choice(["", ":8443"])
        host = f"runtime.sagemaker.{region}.amazonaws.com{port}"
        target = f"/endpoints/{quoted(draw.choice(NAMES))}/invocations" + draw.choice(["", "?b=2&a=1"])
        body = draw.randbytes(draw.randrange(200)).hex()
        token = draw.choice([None, "session/token+x=="])
        headers = {"x-request-id": "r-1", "Host": host}
        kind = draw.choice(TYPES)
        if kind:
            headers["Content-Type"] = kind
        if number % 3 == 0:
            headers["X-Amzn-SageMaker-Target-Model"] = "a  model.tar.gz"
        keys = Credentials(f"AKID{number}", f"secret/{number}", token)
        request = AWSRequest("POST", f"https://{host}{target}", data=body.encode(), headers=headers)
        botocore.auth.SigV4Auth(keys, SERVICE, region).add_auth(request)
        signed = {name: value for name, value in request.headers.items() if name != "Host"}
        before = {name: value for name, value in headers.items() if name != "Host"}
        cases.append(
            {"region": region, "authority": host, "target": target, "body": body, "headers": before,
             "id": keys.access_key, "secret": keys.secret_key, "token": token or "", "signed": signed}
        )
    json.dump({"service": SERVICE, "time": int(now.timestamp()), "cases": cases}, sys.stdout, indent=1)
    print()


main()
