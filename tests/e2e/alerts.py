#!/usr/bin/env python3
"""Debian's real Prometheus and Alertmanager watch `keelrow up` by what `keelrow deploy rules` wrote.

A version that works much longer is promoted: HighPredictionLatency must reach our webhook, and must be
told to be over after the rollback. A damaged version is promoted too, and requests are shed: so that
every expression of every dashboard must have data. Waiting times are shortened by the project file
only. Needs what ./bootstrap --dev installs, and no package of Python's.
"""
import ctypes
import http.server
import json
import math
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

BIN = Path(os.environ.get("KEELROW_BIN", "build/bin")).resolve()
PATIENCE = 60.0  # seconds, for each thing that is waited for
CLIENTS = 3  # one is answered, one waits, one is refused

PROJECT = """name: tiny
data: {{source: data}}
serve: {{threads: 1, limits: {{queue: 1}}}}
alerts:
  scrape: 1s
  window: 4s
  latency: 250ms
  tail_latency: 100ms
  for: 3s
  notify: {{webhook: "http://127.0.0.1:{port}/hook", group_wait: 1s, group_interval: 2s}}
"""


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def wait_for(what, look):
    """What `look` returns as soon as it is true."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = look()
        if found:
            print(f"{time.monotonic() - BEGAN:6.1f} s  {what}", flush=True)
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {PATIENCE:.0f} s: {what}")


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.loads(answer.read() or b"null")


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Webhook:
    """Remembers every alert that Alertmanager posts."""

    def __init__(self):
        self.alerts = []
        alerts = self.alerts

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                alerts.extend(json.loads(body)["alerts"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def told(self, name, status):
        return [a for a in self.alerts if a["labels"]["alertname"] == name and a["status"] == status]


class Programs:
    """The processes of this test; none outlives it, however it ends."""

    def __init__(self, folder):
        self.folder = folder
        self.running = {}

    def start(self, name, *command):
        log = open(self.folder / f"{name}.log", "w")
        die_with_us = lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        self.running[name] = subprocess.Popen(
            command, stdout=log, stderr=log, cwd=self.folder, preexec_fn=die_with_us)

    def log(self, name):
        return (self.folder / f"{name}.log").read_text()

    def stop(self):
        for process in self.running.values():
            process.terminate()
        return {name: process.wait(timeout=30) for name, process in self.running.items()}


class Prometheus:
    def __init__(self, url):
        self.url = url

    def query(self, expr):
        query = urllib.parse.urlencode({"query": expr})
        return get(f"{self.url}/api/v1/query?{query}")["data"]["result"]

    def has_data(self, expr, since):
        """Whether any series of the expression had a number at any time."""
        query = urllib.parse.urlencode(
            {"query": expr, "start": since, "end": time.time(), "step": "1s"})
        series = get(f"{self.url}/api/v1/query_range?{query}")["data"]["result"]
        return any(math.isfinite(float(value)) for one in series for _, value in one["values"])


class Scene:
    """The service, those who watch it, and those who ask it."""

    def __init__(self, folder):
        self.folder = folder
        self.programs = Programs(folder)
        self.webhook = Webhook()
        self.stopping = threading.Event()
        self.statuses = set()

    def keelrow(self, *arguments):
        command = [BIN / "keelrow", "-f", self.folder / "keelrow.yaml", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def start_service(self):
        subprocess.run([BIN / "slow-version", self.folder], check=True)
        (self.folder / "keelrow.yaml").write_text(PROJECT.format(port=self.webhook.port))
        self.keelrow("models", "promote", "tiny", "1")
        port = free_port()
        self.service = f"http://127.0.0.1:{port}"
        self.programs.start("service", BIN / "keelrow", "up", "--port", str(port))
        wait_for("the service is ready", lambda: answers(self.service + "/readyz"))

    def start_watchers(self):
        prometheus, alertmanager = (f"127.0.0.1:{free_port()}" for _ in range(2))
        self.keelrow("deploy", "rules", "--out", self.folder / "monitoring", "--target",
                     self.service.removeprefix("http://"), "--alertmanager", alertmanager)
        files = self.folder / "monitoring"
        self.programs.start(
            "alertmanager", "prometheus-alertmanager",
            f"--config.file={files}/alertmanager.yml", f"--storage.path={self.folder}/am",
            f"--web.listen-address={alertmanager}", "--cluster.listen-address=")
        self.programs.start(
            "prometheus", "prometheus", f"--config.file={files}/prometheus.yml",
            f"--storage.tsdb.path={self.folder}/tsdb", f"--web.listen-address={prometheus}")
        self.prometheus = Prometheus(f"http://{prometheus}")
        self.alertmanager = f"http://{alertmanager}"
        for name, url in (("Alertmanager", self.alertmanager), ("Prometheus", self.prometheus.url)):
            wait_for(f"{name} is ready", lambda url=url: answers(url + "/-/ready"))

    def start_clients(self):
        token = self.keelrow("token")
        picture = (self.folder / "picture.png").read_bytes()
        request = urllib.request.Request(
            self.service + "/predict", picture,
            {"Authorization": f"Bearer {token}", "Content-Type": "image/png"})

        def ask():
            while not self.stopping.wait(0.02):
                try:
                    with urllib.request.urlopen(request, timeout=60) as answer:
                        self.statuses.add(answer.status)
                except urllib.error.HTTPError as error:
                    self.statuses.add(error.code)

        self.clients = [threading.Thread(target=ask) for _ in range(CLIENTS)]
        for client in self.clients:
            client.start()

    def stop(self):
        self.stopping.set()
        for client in getattr(self, "clients", []):
            client.join()
        return self.programs.stop()


def fail_a_load(scene):
    scene.keelrow("models", "promote", "tiny", "3")
    wait_for("Prometheus sees that version 3 cannot be loaded",
             lambda: scene.prometheus.query("model_load_failures_total > 0"))
    scene.keelrow("models", "promote", "tiny", "1")


def slow_down_and_recover(scene):
    wait_for("Prometheus knows the percentiles of version 1",
             lambda: scene.prometheus.query('prediction_latency_seconds{version="1"} < 0.25'))
    expect(not scene.webhook.told("HighPredictionLatency", "firing"), "told before it was slow")

    scene.keelrow("models", "promote", "tiny", "2")
    told = wait_for("the webhook is told HighPredictionLatency",
                    lambda: scene.webhook.told("HighPredictionLatency", "firing"))
    labels = told[0]["labels"]
    expect((labels["model"], labels["version"], labels["severity"]) == ("tiny", "2", "page"), labels)
    # What says the same more quietly is held back.
    anomalies = urllib.parse.urlencode({"filter": 'alertname="PredictionLatencyAnomaly"'})
    wait_for("Alertmanager holds PredictionLatencyAnomaly back", lambda: any(
        alert["status"]["inhibitedBy"] and alert["labels"]["version"] == "2"
        for alert in get(f"{scene.alertmanager}/api/v2/alerts?{anomalies}")))

    scene.keelrow("models", "rollback", "tiny")
    over = wait_for("the webhook is told that it is over",
                    lambda: scene.webhook.told("HighPredictionLatency", "resolved"))
    expect(over[0]["labels"] == labels, over[0]["labels"])
    expect(scene.webhook.told("ModelLoadFailure", "firing"), "ModelLoadFailure was not told")
    expect(scene.statuses == {200, 503}, f"answers were {scene.statuses}")


def check_rules(scene):
    groups = get(scene.prometheus.url + "/api/v1/rules")["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    expect(len(rules) > 15, f"only {len(rules)} rules")
    for rule in rules:
        expect(rule["health"] == "ok", f"{rule['name']}: {rule.get('lastError')}")
    print(f"          {len(rules)} rules are evaluated without errors")


def check_dashboards(scene, since):
    """As Grafana would ask: all models, and at least four scrapes a rate."""
    count = 0
    for file in sorted((scene.folder / "monitoring" / "dashboards").glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel.get("targets", []):
                expr = target["expr"].replace("$model", ".*").replace("$__rate_interval", "4s")
                expect(scene.prometheus.has_data(expr, since),
                       f"{file.name}: {panel['title']}: no data for {expr}")
                count += 1
    expect(count > 20, f"only {count} expressions")
    print(f"          {count} expressions of the dashboards have data")


def play(scene_of, act, said):
    """Acts in a scene of its own. If that fails, the programs' logs are shown; they must end well."""
    with tempfile.TemporaryDirectory() as folder:
        scene = scene_of(Path(folder))
        try:
            act(scene)
        except BaseException:
            for name in scene.programs.running:
                print(f"--- {name}\n" + scene.programs.log(name)[-3000:], file=sys.stderr)
            raise
        finally:
            codes = scene.stop()
        expect(set(codes.values()) == {0}, f"exit codes were {codes}")
    print(said)


def act(scene):
    since = time.time()
    scene.start_service()
    scene.start_watchers()
    scene.start_clients()
    fail_a_load(scene)
    slow_down_and_recover(scene)
    check_rules(scene)
    check_dashboards(scene, since)


BEGAN = time.monotonic()
if __name__ == "__main__":
    play(Scene, act, "alerts: all as they should be")
