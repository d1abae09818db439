"""The same tokens through PyJWT and through Keelrow, in every algorithm.

    python3 jwt_tokens.py PROGRAM FOLDER

PROGRAM is jwt-tokens (jwt_tokens.cpp). Tokens that PyJWT makes, good and bad, must be taken by both
or by neither; of tokens with a bit turned over, none may be taken that PyJWT refuses; and PyJWT must
take what Keelrow signs, with the key set that Keelrow prints. Leaves with 1 at the first that differs.
"""

import base64
import json
import random
import subprocess
import sys
import time
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt import algorithms

SECRET = b"a secret that two share, and that is long enough"
HOUR = 3600


def keys():
    """By algorithm: private key, public key, JWK."""
    made = {
        "RS256": rsa.generate_private_key(65537, 2048),
        "ES256": ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    }
    writers = {
        "RS256": algorithms.RSAAlgorithm,
        "ES256": algorithms.ECAlgorithm,
        "EdDSA": algorithms.OKPAlgorithm,
    }
    for name, private in made.items():
        jwk = json.loads(writers[name].to_jwk(private.public_key()))
        yield name, private, private.public_key(), jwk | {"kid": name, "use": "sig"}


def payloads(issuer):
    """What a token may say, and what it may not; far from every limit, as the two count skew
    differently."""
    now = int(time.time())
    good = {"iss": issuer, "aud": "keelrow", "sub": "ann", "iat": now, "exp": now + HOUR}
    without = lambda name: {key: value for key, value in good.items() if key != name}
    return [
        good,
        good | {"aud": ["x", "keelrow"]},
        good | {"aud": "x"},
        good | {"aud": ["x", "y"]},
        good | {"aud": []},
        good | {"exp": now - HOUR},
        good | {"exp": now + HOUR + 0.5},
        good | {"exp": "soon"},
        good | {"nbf": now - HOUR},
        good | {"nbf": now + HOUR},
        good | {"iat": now + HOUR},
        good | {"iss": "somebody"},
        good | {"sub": "Zoë 🦉"},
        good | {"jti": "x", "scope": "predict", "nested": {"a": [1, 2, {"b": None}]}},
        without("exp"),
        without("aud"),
        without("iss"),
        without("sub"),
        without("iat"),
    ]


def expected(token, key, algorithm, issuer):
    """The subject as PyJWT sees it, or "-"."""
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience="keelrow",
            issuer=issuer,
            options={"require": ["exp", "sub", "iss", "aud"]},
        )
        return claims["sub"]
    except jwt.PyJWTError:
        return "-"


def forgeries(private, public, name, others):
    """Tokens with a good payload that no key of ours signed as it must be."""
    good = payloads("idp")[0]
    header = {"kid": name}
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    part = lambda text: base64.urlsafe_b64encode(text).rstrip(b"=").decode()
    confused = part(json.dumps({"alg": "HS256", "kid": name}).encode())
    confused += "." + part(json.dumps(good).encode())
    hmac = algorithms.HMACAlgorithm(algorithms.HMACAlgorithm.SHA256)
    yield confused + "." + part(hmac.sign(confused.encode(), pem))  # PyJWT itself refuses to make it
    yield jwt.encode(good, None, "none", headers=header)
    yield jwt.encode(good, SECRET, "HS256", headers=header)
    for other_name, other in others.items():
        if other_name != name:
            yield jwt.encode(good, other, other_name, headers=header)
    if name == "RS256":
        for wrong in ("RS512", "PS256"):
            yield jwt.encode(good, private, wrong, headers=header)


def turned(token, draw):
    """The token with one bit of one of its pieces turned over."""
    pieces = [bytearray(base64.urlsafe_b64decode(p + "=" * (-len(p) % 4))) for p in token.split(".")]
    piece = draw.choice([p for p in pieces if p])
    piece[draw.randrange(len(piece))] ^= 1 << draw.randrange(8)
    return ".".join(base64.urlsafe_b64encode(p).rstrip(b"=").decode() for p in pieces)


def main(program, folder):
    seed = int(time.time())
    print(f"seed {seed}")
    draw = random.Random(seed)
    made = {name: (private, public, jwk) for name, private, public, jwk in keys()}
    (folder / "keys.json").write_text(json.dumps({"keys": [jwk for _, _, jwk in made.values()]}))
    (folder / "secret").write_bytes(SECRET)

    cases = []  # token, what PyJWT says, whether we may be stricter
    others = {name: private for name, (private, _, _) in made.items()}
    for name, (private, public, _) in made.items():
        tokens = [jwt.encode(p, private, name, headers={"kid": name}) for p in payloads("idp")]
        tokens += [jwt.encode(payloads("idp")[0], private, name)]  # no kid: the only key of its kind
        cases += [(token, expected(token, public, name, "idp"), False) for token in tokens]
        cases += [(token, "-", False) for token in forgeries(private, public, name, others)]
        for _ in range(100):
            token = turned(tokens[0], draw)
            cases.append((token, expected(token, public, name, "idp"), True))
    for payload in payloads("shared"):
        token = jwt.encode(payload, SECRET, "HS256")
        cases.append((token, expected(token, SECRET, "HS256", "shared"), False))

    command = [program, "verify", folder / "keys.json", folder / "secret"]
    answer = subprocess.run(
        command, input="\n".join(token for token, _, _ in cases), capture_output=True, text=True, check=True
    )
    ours = answer.stdout.splitlines()
    assert len(ours) == len(cases), (len(ours), len(cases))
    for (token, theirs, stricter), mine in zip(cases, ours):
        assert mine == theirs or (stricter and mine == "-"), (token, theirs, mine)
    assert sum(mine == "ann" for mine in ours) >= 20, ours

    for name in made:
        signed = subprocess.run([program, "sign", name], capture_output=True, text=True, check=True)
        token, key_set = signed.stdout.splitlines()
        key = jwt.PyJWKSet.from_json(key_set)[jwt.get_unverified_header(token)["kid"]]
        claims = jwt.decode(token, key, algorithms=[name], audience="keelrow", issuer="keelrow")
        assert claims["sub"] == "ann" and claims["exp"] - claims["iat"] == 24 * HOUR, claims
    print(f"{len(cases)} tokens: the same as PyJWT {jwt.__version__}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], Path(sys.argv[2]))
