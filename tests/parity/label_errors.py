"""Prints tests/golden/label_errors.json: which labels cleanlab takes for wrong.

    python3 tests/parity/label_errors.py > tests/golden/label_errors.json

with cleanlab 2.9.0, which needs pandas and scikit-learn and is therefore not among the libraries
that every test run installs. Predictions are drawn: a truth, labels of which some are wrong,
probabilities that lean towards the truth. One case has a class without examples, one a class with
a single one.
"""

import json

import cleanlab
import numpy
from cleanlab.filter import find_label_issues


def draw(seed, count, classes, wrong, present):
    random = numpy.random.default_rng(seed)
    truth = random.integers(0, present, count)
    labels = numpy.where(random.random(count) < wrong, random.integers(0, present, count), truth)
    logits = random.normal(0, 1.2, (count, classes))
    logits[numpy.arange(count), truth] += 2.2
    probabilities = numpy.exp(logits)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return labels, numpy.round(probabilities, 5)


def case(name, labels, probabilities):
    # float32, as the network answers; cleanlab computes with what it is given.
    ranked = find_label_issues(labels, probabilities.astype(numpy.float32).astype(numpy.float64),
                               return_indices_ranked_by="self_confidence", n_jobs=1)
    return {"name": name, "classes": probabilities.shape[1], "labels": labels.tolist(),
            "probabilities": probabilities.tolist(), "errors": ranked.tolist()}


def cases():
    yield case("four classes", *draw(1, 150, 4, 0.2, 4))
    yield case("a class without examples", *draw(2, 80, 5, 0.3, 4))
    labels, probabilities = draw(3, 60, 3, 0.4, 2)
    labels[0] = 2
    yield case("a class of one", labels, probabilities)
    yield case("nothing wrong", *draw(4, 40, 3, 0.0, 3))


rows = ",\n".join("  " + json.dumps(row, separators=(",", ":")) for row in cases())
print(f'{{"made_by": "cleanlab {cleanlab.__version__}",\n "cases": [\n{rows}\n]}}')
