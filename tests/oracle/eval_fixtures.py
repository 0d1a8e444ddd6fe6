#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/oracle/fixtures/eval/logistic.json: the optimum of multinomial logistic regression by scikit-learn.

Needs scikit-learn. Usage: eval_fixtures.py [output folder].
"""
import json
import pathlib
import sys

import numpy
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "fixtures" / "eval")
L2 = 0.01


def main():
    random = numpy.random.default_rng(5)
    labels = numpy.arange(90) % 3
    centres = random.normal(size=(3, 4))
    # Float32 as the probe reads it, of unlike scales, and overlapping so that the optimum is interior.
    features = (centres[labels] + random.normal(size=(90, 4))) * [1, 10, 0.1, 3] + [0, 5, 0, -2]
    features = features.astype(numpy.float32)
    scaled = StandardScaler().fit_transform(features.astype(numpy.float64))
    model = LogisticRegression(C=1 / (L2 * len(labels)), tol=1e-12, max_iter=10000).fit(scaled, labels)
    probabilities = model.predict_proba(scaled)
    loss = -numpy.log(probabilities[numpy.arange(90), labels]).mean() + L2 / 2 * (model.coef_**2).sum()
    FOLDER.mkdir(parents=True, exist_ok=True)
    content = {
        "l2": L2,
        "features": features.tolist(),
        "labels": labels.tolist(),
        "weight": model.coef_.T.tolist(),
        "probabilities": probabilities.tolist(),
        "objective": loss,
    }
    (FOLDER / "logistic.json").write_text(json.dumps(content) + "\n")


if __name__ == "__main__":
    main()
