#!/usr/bin/env python3
"""Two real `keelrow up` over one registry roll new versions out and take them back by themselves.

A canary that is slow from the beginning, one that goes bad when the pictures change, an A/B and its
end. Every answer of every client is kept and compared with the share that the candidate had then.
Waiting times are shortened by the project file only. Needs no package of Python's.
"""
import http.client
import json
import subprocess
import threading
import time

import alerts
from alerts import BIN, Programs, answers, expect, free_port, wait_for

ROLLBACK_MAX = 30.0  # seconds, from the fault
USERS = 60
CLIENTS = 6
SERVICES = 2

PROJECT = """name: tiny
data: {source: data}
serve: {rate_limit: {all: {rate: 0}}}
rollout:
  key: header
  header: x-user
  steps: [{weight: 0.2, hold: 4s}, {weight: 0.5, hold: 1h}]
  ab: {share: 0.4}
  slo: {latency: 250ms, samples: 30}
"""

M64 = (1 << 64) - 1


def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M64
    return z ^ (z >> 31)


def place_of(rollout, user):
    """As rollout/split.cpp has it: whom the candidate may answer is known beforehand."""
    state = mix((rollout + 0x9E3779B97F4A7C15) & M64)
    name = 0xCBF29CE484222325
    for byte in ("h" + user).encode():
        name = ((name ^ byte) * 0x100000001B3) & M64
    state = (mix(state ^ mix(name)) + 0x9E3779B97F4A7C15) & M64
    return (mix(state) >> 11) * 2.0**-53


class Answer:
    def __init__(self, user, service, began, status, version):
        self.user, self.service, self.began, self.ended = user, service, began, time.time()
        self.status, self.version = status, version


class Clients:
    """Users who ask again and again, each time another one of the services."""

    def __init__(self, scene):
        self.scene = scene
        self.answers = []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def run(self, client):
        connections = [http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                       for port in self.scene.ports]
        turn = 0
        while not self.stopping.wait(0.01):
            for user in range(client, USERS, CLIENTS):
                if self.stopping.is_set():
                    break
                turn += 1
                service = turn % len(connections)
                self.answers.append(self.ask(connections[service], service, f"user{user}"))

    def ask(self, connection, service, user, path="/predict"):
        began = time.time()
        connection.request("POST", path, self.scene.picture, {
            "Content-Type": "image/png", "x-user": user,
            "Authorization": "Bearer " + self.scene.token})
        response = connection.getresponse()
        body = json.loads(response.read())
        header = response.getheader("x-keelrow-model-version")
        version = body.get("model", {}).get("version")
        expect(header in (None, str(version)), f"header {header}, body {body}")
        return Answer(user, service, began, response.status, version)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


class Scene:
    PROJECT = PROJECT

    def __init__(self, folder):
        self.folder = folder
        self.programs = Programs(folder)
        self.clients = None

    def keelrow(self, *arguments):
        command = [BIN / "keelrow", "-f", self.folder / "keelrow.yaml", *arguments]
        done = subprocess.run(command, capture_output=True, text=True)
        expect(done.returncode == 0, f"{arguments}: {done.stderr}")
        return done.stdout.strip()

    def start(self):
        subprocess.run([BIN / "slow-version", self.folder], check=True)
        (self.folder / "keelrow.yaml").write_text(self.PROJECT)
        self.keelrow("models", "promote", "tiny", "1")
        self.picture = (self.folder / "picture.png").read_bytes()
        self.token = self.keelrow("token")
        self.ports = self.start_services()
        self.clients = Clients(self)

    def start_services(self):
        """The ports that clients ask."""
        return self.start_all([free_port() for _ in range(SERVICES)])

    def start_all(self, ports, *arguments):
        for port in ports:
            self.programs.start(f"service {port}", BIN / "keelrow", "up", "--port", str(port),
                                *arguments)
        for port in ports:
            wait_for(f"the service at {port} is ready",
                     lambda port=port: answers(f"http://127.0.0.1:{port}/readyz"))
        return ports

    def settled(self, found, candidate, otherwise):
        """When all services had loaded the candidate."""
        return max(min((a.ended for a in found if a.service == service and a.version == candidate),
                       default=otherwise) for service in range(SERVICES))

    def status(self):
        return json.loads(self.keelrow("-o", "json", "rollout", "status"))

    def audit(self):
        return json.loads(self.keelrow("models", "show", "tiny"))["audit"]

    def stop(self):
        if self.clients:
            self.clients.stop()
        return self.programs.stop()


def actions_since(scene, count):
    return [(row["action"], row["actor"]) for row in scene.audit()[count:]]


def check_share(scene, found, rollout, candidate, weight, ended):
    """Nobody beyond the share has the candidate's answer; and from when both services have loaded
    the candidate until it is taken away, whoever has its answer once has it always."""
    expect({answer.status for answer in found} == {200}, {answer.status for answer in found})
    expect({answer.version for answer in found} == {1, candidate}, {a.version for a in found})
    settled = scene.settled(found, candidate, ended)
    for user in {answer.user for answer in found}:
        theirs = sorted((a for a in found if a.user == user), key=lambda a: a.began)
        if place_of(rollout, user) >= weight:
            expect({a.version for a in theirs} == {1}, f"{user} is beyond the share")
        versions = [a.version for a in theirs if settled <= a.began < ended - 0.5]
        if candidate in versions:
            after = versions[versions.index(candidate):]
            expect(set(after) == {candidate}, f"{user} went back to version 1")


def roll_back(scene, candidate, fault, weight, what):
    """Starts a canary, makes it bad, and waits until it has undone itself."""
    rows = len(scene.audit())
    first = len(scene.clients.answers)
    scene.keelrow("rollout", "start", str(candidate), "--reason", what)
    rollout = scene.status()["rollout"]
    began = fault(scene, first)
    status = wait_for(f"{what}: rolled back", lambda: (
        lambda s: s if s["state"] == "undone" else None)(scene.status()))
    took = status["ended"] / 1000 - began
    expect(took <= ROLLBACK_MAX, f"it took {took:.1f} s")
    time.sleep(1)  # what was under way ends, and both services have heard of it
    mark = time.time()
    wait_for("all users have the old version again", lambda: len(
        {a.user for a in scene.clients.answers if a.began > mark and a.version == 1}) == USERS)
    expect(all(a.version == 1 for a in scene.clients.answers if a.began > mark), "it answers still")
    found = scene.clients.answers[first:]
    check_share(scene, found, rollout, candidate, weight, status["ended"] / 1000)
    bad = sum(answer.version == candidate and answer.ended >= began for answer in found)
    print(f"          {took:.1f} s after the fault; {len(found)} answers, {bad} of them by the "
          f"candidate since then, none beyond its share of {weight}\n          {status['reason']}")
    return actions_since(scene, rows), status


def first_answer_of(candidate):
    def fault(scene, first):
        return wait_for("the candidate answers", lambda: next(
            (a.began for a in scene.clients.answers[first:] if a.version == candidate), None))
    return fault


def change_the_pictures(scene, first):
    """At the second step: until then the candidate has said what version 1 said."""
    wait_for("the second step has begun", lambda: scene.status()["step"] == 2)
    wait_for("more users have the candidate", lambda: scene.status()["candidate"]["answers"] > 50)
    expect(scene.status()["state"] == "running", scene.status())
    scene.picture = (scene.folder / "white.png").read_bytes()
    return time.time()


def compare_two(scene):
    """An A/B goes on until somebody ends it; here it is promoted, and taken back."""
    scene.picture = (scene.folder / "picture.png").read_bytes()
    rows = len(scene.audit())
    first = len(scene.clients.answers)
    scene.keelrow("rollout", "start", "4", "--mode", "ab")
    rollout = scene.status()["rollout"]
    wait_for("both versions have answered", lambda: (
        lambda s: s["stable"]["answers"] > 200 and s["candidate"]["answers"] > 200)(scene.status()))
    status = scene.status()
    mark = time.time()
    wait_for("they answer a thousand times", lambda: sum(
        a.began > mark for a in scene.clients.answers[first:]) > 1000)
    since = [answer.version for answer in scene.clients.answers[first:] if answer.began > mark]
    share = since.count(4) / len(since)
    users = sum(place_of(rollout, f"user{i}") < 0.4 for i in range(USERS)) / USERS
    expect(abs(share - users) < 0.1, f"a share of {share:.2f}, of {users:.2f} of the users")
    expect(status["candidate"]["p99_ms"] > 0 and status["candidate"]["labels"], status)
    print(scene.keelrow("rollout", "status"))
    scene.keelrow("rollout", "pause")
    scene.keelrow("rollout", "resume")
    check_share(scene, scene.clients.answers[first:], rollout, 4, 0.4, time.time())
    scene.keelrow("rollout", "promote", "--reason", "it is as good")
    mark = time.time() + 1
    wait_for("all users have the new version", lambda: len(
        {a.user for a in scene.clients.answers if a.began > mark and a.version == 4}) == USERS)
    scene.keelrow("rollout", "undo", "--reason", "it was not")
    mark = time.time() + 1
    wait_for("all users have the old version", lambda: len(
        {a.user for a in scene.clients.answers if a.began > mark and a.version == 1}) == USERS)
    expect([action for action, _ in actions_since(scene, rows)] == [
        "rollout-start", "rollout-pause", "rollout-resume", "rollout-finish", "promote",
        "rollout-undo", "rollback"], actions_since(scene, rows))
    expect({a.status for a in scene.clients.answers[first:]} == {200}, "an answer failed")


def act(scene):
    scene.start()
    user = ("rollout-undo", "rollout")
    rows, status = roll_back(scene, 2, first_answer_of(2), 0.2, "a slow version")
    expect(rows[0][0] == "rollout-start" and rows[1:] == [user], rows)
    expect(status["reason"].startswith(("latency: ", "slower: ")), status["reason"])
    rows, status = roll_back(scene, 4, change_the_pictures, 0.5, "a wrong version")
    expect(rows[1:] == [("rollout-advance", "rollout"), user], rows)
    expect(status["reason"].startswith("mix: "), status["reason"])
    compare_two(scene)


if __name__ == "__main__":
    alerts.BEGAN = time.monotonic()
    alerts.play(Scene, act, "rollout: all as it should be")
