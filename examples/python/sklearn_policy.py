"""A scikit-learn regressor as a policy: it predicts what each model would find, and the best per time runs next.

usage: sklearn_policy.py [photos.h5]
"""
import sys

import ams
import numpy as np
from sklearn.linear_model import Ridge

table = ams.Table(sys.argv[1] if len(sys.argv) > 1 else "data/photos.h5")
outputs = table.output_frame()  # worth (N, M): summed confidence of what a model finds on an item
valuable = outputs["conf"] > table.threshold[outputs["model"]]
worth = np.zeros((table.n_items, table.n_models))
np.add.at(worth, (outputs["item"][valuable], outputs["model"][valuable]), outputs["conf"][valuable])

env = ams.VectorEnv(table, 256, end=False, autoreset="disabled")  # states of random walks on the training items
states, targets, rng = [], [], np.random.default_rng(0)
observations, info = env.reset(seed=0)
for _ in range(table.n_models):
    states.append(observations)
    targets.append(worth[info["item"]])
    actions = (rng.random(info["action_mask"].shape) * info["action_mask"]).argmax(axis=1)
    observations, _, _, _, info = env.step(actions)
regressor = Ridge(alpha=100).fit(np.concatenate(states), np.concatenate(targets))

result = ams.evaluate(table, {"ridge": lambda observations, masks: regressor.predict(observations) / table.time_ms,
                              "fixed": "fixed", "oracle": "oracle"})
print(result, result.paired("ridge", "fixed"), sep="\n\n")
