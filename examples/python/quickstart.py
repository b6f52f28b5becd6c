# %% [markdown]
# # AMS from Python: a first tour
#
# The file of photos holds what 30 models output on 10,462 photos. Executing a model is looking up its output,
# so an agent trains in seconds. Start this where the data is: in the project's folder, or with `AMS_DATA` set.

# %%
import os

import ams
import numpy as np

data = os.environ.get("AMS_DATA", "data/photos.h5")
table = ams.Table(data)
print(table.n_items, "photos,", table.n_models, "models,", table.n_labels, "labels")
print(table.model_frame())

# %% [markdown]
# ## What the models find
#
# All arrays are views of the library's memory. Most executions find nothing above the model's threshold.

# %%
outputs = table.output_frame()
valuable = outputs["conf"] > table.threshold[outputs["model"]]
pairs = np.unique(outputs["item"][valuable].astype(np.int64) * table.n_models + outputs["model"][valuable])
print(f"{len(pairs) / (table.n_items * table.n_models):.0%} of the executions find something")

# %% [markdown]
# ## Train
#
# `ams.settings()` lists every key. The folder is that of `ams train`; called again, it goes on or says that it is done.

# %%
steps = int(os.environ.get("AMS_STEPS", "4000"))
run = ams.train(data, "runs/quickstart", steps=steps, log_every=steps // 4, validate_every=steps // 4)
print(run)

# %% [markdown]
# ## Evaluate
#
# Mean time until a share of a photo's value is recalled, on test photos, with 95 % intervals. `paired` says how much
# faster one policy is than another on the same photos: below 0, and the interval without 0, means faster.


# %%
def cheapest(observations, masks):
    """A policy of one's own: a function of observations (n, F) and masks (n, A) that says what each model is worth."""
    return np.tile(-table.time_ms, (len(masks), 1))


result = ams.evaluate(data, {"dqn": run, "cheapest": cheapest, "fixed": "fixed", "oracle": "oracle"})
print(result)
print(result.paired("dqn", "fixed"))

# %% [markdown]
# ## Plot
#
# gnuplot draws the program's figures; the numbers are frames for a library of yours.

# %%
result.write("results/quickstart")
drawings = ams.plot("results/quickstart", what="recall-time")
print(drawings)

# %% [markdown]
# ## Decide
#
# The policy says what to run next from what was found so far. Under a deadline the online scheduler decides.

# %%
policy = run.policy
first = policy.decide()
item = int(table.in_split("test")[0])
found = {first: dict(table.outputs(item, first))}
print(first, "found", found[first], "; next:", policy.decide(found))

scheduler = ams.OnlineScheduler(policy, deadline_ms=300)
live, now = scheduler.begin(), 0.0
while (step := live.next(now)).answer == "start":
    model = step.models[0]
    live.started(model, now)
    now += float(table.time_ms[table.model_index(model)])
    live.finished(model, dict(table.outputs(item, model)), now)
print(live.result())
