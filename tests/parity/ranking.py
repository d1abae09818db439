"""Prints tests/golden/ranking.json: curves and areas of each class by scikit-learn.

    python3 tests/parity/ranking.py > tests/golden/ranking.json

with scikit-learn 1.9.1, which is not among the libraries that every test run installs. Probabilities
have two digits, so that many examples tie; the last class has no example. Macro averages are
scikit-learn's over the classes that have some.
"""

import json
import random

import numpy
from sklearn.metrics import (
    average_precision_score,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

CLASSES, PRESENT, EXAMPLES = 4, 3, 120


def draw():
    draw = random.Random(3)
    for _ in range(EXAMPLES):
        truth = draw.randrange(PRESENT)
        weights = [draw.random() + (0.5 if c == truth else 0) for c in range(CLASSES)]
        yield {"truth": truth, "probabilities": [round(w / sum(weights), 2) for w in weights]}


def scores(positive, probability):
    false_rate, true_rate, _ = roc_curve(positive, probability, drop_intermediate=False)
    # From all examples down to the surest ones; the point (0, 1) that it adds is none of the data.
    precision, recall, _ = precision_recall_curve(positive, probability)
    return {
        "auc": roc_auc_score(positive, probability),
        "average_precision": average_precision_score(positive, probability),
        "roc": numpy.stack([false_rate, true_rate], axis=1).tolist(),
        "precision_recall": numpy.stack([recall, precision], axis=1)[-2::-1].tolist(),
    }


predictions = list(draw())
truth = numpy.array([row["truth"] for row in predictions])
# float32, as the network answers.
probability = numpy.array([row["probabilities"] for row in predictions], dtype=numpy.float32)
positive = numpy.eye(CLASSES)[truth][:, :PRESENT]
print(
    json.dumps(
        {
            "predictions": predictions,
            "scores": [scores(positive[:, c], probability[:, c]) for c in range(PRESENT)],
            "macro": {
                "roc_auc": roc_auc_score(positive, probability[:, :PRESENT], average="macro"),
                "average_precision": average_precision_score(
                    positive, probability[:, :PRESENT], average="macro"
                ),
            },
        }
    )
)
