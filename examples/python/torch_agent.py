"""An agent of your own in PyTorch: a double DQN trained in VectorEnv, scored beside ours on the same items.

usage: torch_agent.py [photos.h5 [UPDATES [OUR_RUN]]]
"""
import sys
import time

import ams
import numpy as np
import torch

data, updates, ours = (*sys.argv[1:], *("data/photos.h5", "4000", "")[len(sys.argv) - 1:])
updates, ENVS, BATCH, MEMORY = int(updates), 64, 256, 100_000
rng = np.random.default_rng(torch.manual_seed(0).initial_seed())
# The reward is minus the time until the required recalls, so that the return is what is scored.
env = ams.VectorEnv(data, ENVS, reward="time", until_goals=True, end=False, autoreset="same_step")
features, actions = env.single_observation_space.shape[0], env.single_action_space.n
online, target = (torch.nn.Sequential(torch.nn.Linear(features, 64), torch.nn.ReLU(), torch.nn.Linear(64, 64), torch.nn.ReLU(),
                                      torch.nn.Linear(64, actions)) for _ in range(2))
optimizer = torch.optim.Adam(online.parameters())
memory = {"seen": np.zeros((MEMORY, features), np.uint8), "next": np.zeros((MEMORY, features), np.uint8),
          "mask": np.zeros((MEMORY, actions), np.int8), "action": np.zeros((MEMORY, 1), np.int64),
          "reward": np.zeros(MEMORY, np.float32), "over": np.zeros(MEMORY, bool)}


def q_of(net, observations, masks):  # values of what may be taken
    return net(torch.as_tensor(observations, dtype=torch.float32)).masked_fill(torch.as_tensor(masks == 0), -1e9)


(observations, info), in_env, start = env.reset(seed=0), 0.0, time.perf_counter()
for step in range(updates):
    drawn = (rng.random((ENVS, actions)) * info["action_mask"]).argmax(1)
    with torch.no_grad():
        best = q_of(online, observations, info["action_mask"]).argmax(1).numpy()
    chosen = np.where(rng.random(ENVS) < max(0.05, 1 - 2 * step / updates), drawn, best)
    before = time.perf_counter()
    following, rewards, over, _, info = env.step(chosen)
    in_env += time.perf_counter() - before
    at = (step * ENVS + np.arange(ENVS)) % MEMORY
    for key, value in zip(memory, (observations, following, info["action_mask"], chosen[:, None], rewards, over)):
        memory[key][at] = value
    observations = following
    k = rng.integers(min((step + 1) * ENVS, MEMORY), size=BATCH)
    seen, next_seen, mask, action, reward, ended = (torch.as_tensor(column[k]) for column in memory.values())
    if step % 200 == 0:
        target.load_state_dict(online.state_dict())
    with torch.no_grad():  # after an episode's end nothing is left to pay, whatever the next one shows
        choice = q_of(online, next_seen, mask).argmax(1, keepdim=True)
        wanted = reward + q_of(target, next_seen, mask).gather(1, choice)[:, 0] * ~ended
    loss = torch.nn.functional.smooth_l1_loss(online(seen.float()).gather(1, action)[:, 0], wanted)
    optimizer.param_groups[0]["lr"] = 1e-3 * (1 - step / updates)  # values differ by little: the last steps are small
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"{100 * in_env / (time.perf_counter() - start):.1f} % of the time in the environment")

with torch.no_grad():
    result = ams.evaluate(data, {"torch": lambda o, m: q_of(online, o, m).numpy(), "fixed": "fixed",
                                 "ours": ours or ams.train(data, "runs/ours")})
print(result, result.paired("torch", "ours"), result.paired("torch", "fixed"), sep="\n\n")
