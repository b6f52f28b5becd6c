"""Record, train, compare, plot, schedule: from models of your own to live decisions, in a folder of its own.

usage: five_steps.py [FOLDER]
"""
import random
import sys
import time

import ams

draw = random.Random(1)  # stand-ins for photos: what is on each of them, and how clearly
photos = {f"photo{k:03}": {what: draw.random() for what in ("person", "dog", "car", "text") if draw.random() < 0.4}
          for k in range(300)}


def model(sees, blur, cost_ms):  # stand-in for a network: finds what it looks for, and takes its time
    def run(photo):
        time.sleep(cost_ms / 1000)
        return {what: max(0.0, clear - blur) for what, clear in photo.items() if what in sees}
    return run


models = {"small": ams.Model("objects", model({"person", "dog", "car"}, 0.3, 0.2)),
          "large": ams.Model("objects", model({"person", "dog", "car"}, 0.0, 1.0)),
          "faces": ams.Model("faces", model({"person"}, 0.1, 0.4)), "ocr": ams.Model("text", model({"text"}, 0.0, 0.8))}
folder = sys.argv[1] if len(sys.argv) > 1 else "."
with ams.Recorder(f"{folder}/mine.h5", models) as recorder:  # started again, it goes on where it was
    for name, photo in photos.items():
        recorder.run(name, photo)
    table = recorder.finish()
for seed in (1, 2):
    run = ams.train(table, f"{folder}/exp/runs/dqn-{seed}", seed=seed, steps=400, log_every=100, validate_every=100)
comparison = ams.compare(f"{folder}/exp", bootstrap=1000)
print(comparison.frame().where(metric="time_ms", required_recall="0.9"))
comparison.write()
print(*ams.plot(f"{folder}/exp"), sep="\n")
result = ams.OnlineScheduler(run, deadline_ms=2).run(models, photos["photo077"])
print(f"found {', '.join(result.labels)} by {', '.join(result.finished)}; {result.saved_ms:.1f} ms saved")
