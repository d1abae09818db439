"""dashboards.py FILE...: each dashboard, read into the types of Grafana Labs' SDK and written again.

The types know the keys that Grafana knows: a key of ours that is misspelt, or stands in the wrong
place, is lost on the way.
"""
import json
import sys
from pathlib import Path

from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard


def lost(ours, theirs, path):
    """Paths of what is in `ours` and not, or otherwise, in `theirs`."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return [found for key in ours for found in lost(ours[key], theirs.get(key), f"{path}/{key}")]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        return [found for i, pair in enumerate(zip(ours, theirs)) for found in lost(*pair, f"{path}/{i}")]
    return [] if ours == theirs else [path]


plugins.register_default_plugins()
for file in sys.argv[1:]:
    ours = json.loads(Path(file).read_text())
    theirs = json.loads(JSONEncoder().encode(Dashboard.from_json(ours)))
    missing = lost(ours, theirs, Path(file).name)
    if missing or not ours["panels"]:
        sys.exit("Grafana does not know: " + ", ".join(missing))
    print(f"{file}: {len(ours['panels'])} panels are as Grafana knows them")
