"""A scikit-learn regressor as a policy: it predicts what each model would add, and the most per time runs next.

usage: sklearn_policy.py [photos.h5]
"""
import sys

import ams
import numpy as np
from sklearn.linear_model import Ridge

table, rng = ams.Table(sys.argv[1] if len(sys.argv) > 1 else "data/photos.h5"), np.random.default_rng(0)
items = np.sort(rng.permutation(table.in_split("train"))[:512])
outputs = table.output_frame()  # the valuable ones of these items
kept = (outputs["conf"] > table.threshold[outputs["model"]]) & np.isin(outputs["item"], items)
item, model, label, conf = (outputs[name][kept] for name in outputs.columns)
item = np.searchsorted(items, item)
env = ams.VectorEnv(table, len(items), end=False, autoreset="disabled")  # random walks on the training items
states, targets, full, (state, info) = [], [], None, env.reset(options={"items": items})
for _ in range(table.n_models):
    gain = np.zeros((len(items), table.n_models))  # summed confidence of what is not found yet
    np.add.at(gain, (item, model), conf * (state[item, label] == 0))
    full = np.maximum(gain.sum(1), 1e-9) if full is None else full
    states.append(state)
    targets.append(gain / full[:, None])
    state, _, _, _, info = env.step((rng.random(info["action_mask"].shape) * info["action_mask"]).argmax(1))
regressor = Ridge(alpha=100).fit(np.concatenate(states), np.concatenate(targets))

result = ams.evaluate(table, {"ridge": lambda states, masks: regressor.predict(states) / table.time_ms, "fixed": "fixed"})
print(result, result.paired("ridge", "fixed"), sep="\n\n")
