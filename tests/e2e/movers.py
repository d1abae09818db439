#!/usr/bin/env python3
"""docs/serving.md, word for word: its project files are written, its commands run, its clients asked.

Only the ports are others, and torch's export is left out: networks of the same shapes are made with onnx.
Needs what ./bootstrap --dev installs.
"""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/web"))
import make_networks  # noqa: E402

BIN = Path(os.environ.get("KEELROW_BIN", "build/bin")).resolve()
PATIENCE = 60.0  # seconds until a service is ready
MANUAL = (ROOT / "docs/serving.md").read_text()


def section(title):
    """Its blocks of code, in order, each as (language, text)."""
    text = MANUAL.split(f"\n## {title}", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"```(\w+)\n(.*?)```", text, re.S)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Mover:
    """A user with an empty folder, and two ports in place of the manual's."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.ports = {"8080": str(free_port()), "8081": str(free_port())}
        self.environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{BIN}:{os.environ['PATH']}"}
        self.services = []

    def own(self, text):
        return re.sub(r"\b808[01]\b", lambda port: self.ports[port.group()], text)

    def write(self, name, text):
        (self.folder / name).write_text(self.own(text))

    def run(self, command):
        done = subprocess.run(["bash", "-c", self.own(command)], cwd=self.folder, env=self.environment,
                              capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def start(self, command, port):
        """`keelrow up …`, ready."""
        if "--port" not in command:
            command = f"{command} --port {port}"
        words = self.own(command).split()
        self.services.append(subprocess.Popen(words, cwd=self.folder, env=self.environment))
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[port]}/readyz", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise AssertionError(f"not ready: {command}")

    def stop(self):
        for service in self.services:
            service.send_signal(signal.SIGTERM)
        codes = [service.wait(PATIENCE) for service in self.services]
        self.services = []
        assert not any(codes), codes


def from_fastapi(mover):
    mover.write("keelrow.yaml", section("What is served")[0][1])
    make_networks.dense(mover.folder / "models/mlp.onnx", "x", 16)
    blocks = section("From FastAPI")
    mover.start(blocks[1][1].strip().splitlines()[-1], "8080")
    answer = json.loads(mover.run(blocks[2][1]))
    assert len(answer["result"][0]) == 3 and answer["request_id"] == "q-1", answer


def from_torchserve(mover):
    blocks = section("From TorchServe")
    mover.write("keelrow.yaml", blocks[0][1])
    mover.write("index_to_name.json", json.dumps({"0": "cat", "1": ["n02", "dog"], "2": "owl"}))
    make_networks.pixels(mover.folder / "animals.onnx", 224)
    mover.run(f"'{BIN}/slow-version' elsewhere && cp elsewhere/picture.png kitten.png")
    pack, up = blocks[1][1].strip().splitlines()
    mover.run(pack)
    mover.start(up, "8080")
    direct = json.loads(mover.run(blocks[2][1]))
    assert set(direct) == {"cat", "dog", "owl"}, direct
    mover.stop()
    model, gateway, ask = (text.strip() for _, text in section("Two terminals"))
    mover.start(model, "8081")
    mover.start(gateway, "8080")
    assert json.loads(mover.run(ask)) == direct


def from_triton(mover):
    blocks = section("From Triton")
    mover.write("keelrow.yaml", blocks[0][1])
    make_networks.dense(mover.folder / "model_repository/mlp/1/model.onnx", "x", 16)
    mover.start(blocks[1][1].strip(), "8080")
    mover.write("client.py", blocks[2][1])
    assert mover.run("python3 client.py").count("0.") == 3


def main():
    for move in (from_fastapi, from_torchserve, from_triton):
        with tempfile.TemporaryDirectory() as folder:
            mover = Mover(folder)
            began = time.monotonic()
            try:
                move(mover)
            finally:
                mover.stop()
            print(f"{move.__name__}: {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    main()
