#!/usr/bin/env python3
"""Rollouts behind a gateway: two model replicas in processes of their own.

A canary that goes bad is undone by the replicas themselves, timed; whoever has which version does not
depend on the replica that the gateway chose. A shadow that is slow makes no answer slow. Needs no
package of Python's.
"""
import http.client
import re
import statistics
import time
import urllib.request

import alerts
import rollout
from alerts import expect, free_port, wait_for

WEIGHT = 0.3
SLOW = 2  # the version whose answers take long
STUBBORN = 4  # says what version 1 says, until the pictures change
COMPARISONS = 3  # of each replica

PROJECT = """name: tiny
data: {{source: data}}
serve: {{rate_limit: {{all: {{rate: 0}}}}}}
rollout:
  key: header
  header: x-user
  steps: [{{weight: {weight}, hold: 1h}}]
  slo: {{latency: 5s, slower: 0, samples: 30, mix: {mix}}}
"""


class Scene(rollout.Scene):
    PROJECT = PROJECT.format(weight=WEIGHT, mix=0.25)

    def start_services(self):
        self.replicas = self.start_all([free_port(), free_port()], "--role", "model")
        backends = [word for port in self.replicas
                    for word in ("--backend", f"http://127.0.0.1:{port}")]
        return self.start_all([free_port()], "--role", "gateway", *backends)

    def metric(self, replica, name, **labels):
        """The sum of its series that have these labels."""
        with urllib.request.urlopen(f"http://127.0.0.1:{replica}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines
                   if re.match(rf"{name}[{{ ]", line) and all(word in line for word in wanted))

    def on_all(self, what, holds):
        return wait_for(what, lambda: all(holds(replica) for replica in self.replicas))

    def settled(self, found, candidate, otherwise):
        return self.settled_at


def answers_both_and_then_change_the_pictures(scene, first):
    scene.on_all("both replicas have loaded the candidate, and give it its share", lambda replica: (
        scene.metric(replica, "rollout_candidate_loaded") == 1
        and scene.metric(replica, "rollout_weight") == WEIGHT))
    time.sleep(1)  # the step's beginning is a second ahead, so that all begin together
    scene.settled_at = time.time()
    scene.on_all("both replicas answer with both versions", lambda replica: all(
        scene.metric(replica, "predictions_total", version=version) > 30
        for version in (1, STUBBORN)))
    expect(scene.status()["state"] == "running", scene.status())
    scene.picture = (scene.folder / "white.png").read_bytes()
    return time.time()


def check_canary(scene):
    rows, status = rollout.roll_back(
        scene, STUBBORN, answers_both_and_then_change_the_pictures, WEIGHT, "a wrong version")
    expect(status["reason"].startswith("mix: "), status["reason"])
    expect(rows[1:] == [("rollout-undo", "rollout")], f"by one of the two, once: {rows}")
    undone = sum(scene.metric(replica, "rollout_changes_total", action="rollout-undo")
                 for replica in scene.replicas)
    expect(undone == 1, f"{undone} replicas say that they undid it")


def seconds_of(found):
    return sorted(answer.ended - answer.began for answer in found)


def time_of_slow_version(scene):
    """What a request takes that it answers."""
    connection = http.client.HTTPConnection("127.0.0.1", scene.ports[0], timeout=60)
    return min(seconds_of([scene.clients.ask(connection, 0, "ann", f"/predictions/tiny/{SLOW}")
                           for _ in range(2)]))


def check_shadow(scene):
    scene.picture = (scene.folder / "picture.png").read_bytes()
    # Its labels are others, and shall be: it was never trained.
    (scene.folder / "keelrow.yaml").write_text(PROJECT.format(weight=WEIGHT, mix=0))
    mark = time.time()
    time.sleep(2)
    before = seconds_of(a for a in scene.clients.answers if a.began > mark)
    scene.keelrow("rollout", "start", str(SLOW), "--mode", "shadow")
    compared = lambda replica: sum(scene.metric(replica, "rollout_shadow_total", result=result)
                                   for result in ("agreed", "differed"))
    scene.on_all("both replicas compare", lambda replica: compared(replica) > 0)
    mark = time.time()
    first = {replica: compared(replica) for replica in scene.replicas}
    scene.on_all("they go on comparing", lambda replica: (
        compared(replica) >= first[replica] + COMPARISONS))
    during = [a for a in scene.clients.answers if mark < a.began]
    status = wait_for("the status has it", lambda: (
        lambda s: s if s["shadow"]["compared"] >= 2 * COMPARISONS else None)(scene.status()))
    expect(status["state"] == "running" and status["shadow"]["failed"] == 0, status)
    expect(status["shadow"]["passed_over"] > 0, "it keeps up with everybody: is it slow?")
    expect({(a.status, a.version) for a in during} == {(200, 1)}, "the shadow answers")
    slow = time_of_slow_version(scene)
    took = seconds_of(during)
    median, longest = statistics.median(took), took[int(0.99 * len(took))]
    print(f"          {len(took)} answers beside {status['shadow']['compared']} comparisons: median "
          f"{1e3 * median:.1f} ms, p99 {1e3 * longest:.1f} ms; before: median "
          f"{1e3 * statistics.median(before):.1f} ms, p99 {1e3 * before[int(0.99 * len(before))]:.1f} "
          f"ms; the shadow itself takes {1e3 * slow:.0f} ms")
    expect(longest < slow / 2, "answers wait for the shadow")
    expect(median < slow / 10, "answers are slowed by the shadow")
    scene.keelrow("rollout", "undo")


def act(scene):
    scene.start()
    check_canary(scene)
    check_shadow(scene)


if __name__ == "__main__":
    alerts.BEGAN = time.monotonic()
    alerts.play(Scene, act, "rollout behind a gateway: all as it should be")
