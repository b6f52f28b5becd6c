#!/usr/bin/env python3
"""experiments/apis/published.py on a folder made up here, and on FrugalML's own splits: test_published.py AMS SOURCE_FOLDER"""

import pathlib
import subprocess
import sys
import tempfile

ams, source = sys.argv[1], pathlib.Path(sys.argv[2])
apis = source / "experiments" / "apis"
sys.dont_write_bytecode = True
sys.path.insert(0, str(apis))
import published  # noqa: E402

FILES = {
    "meta.csv": "Index,MLaaS(API),Cost per 10k images,class number\n0,Google,15,3\n100,GitHub(CNN),0.001,3\n",
    "Model0_PredictedLabel.txt": "2\n0\n1\n1\n0\n",
    "Model0_Confidence.txt": "9.993916749954223633e-01\n1\n0.5\n0\n2.5e-01\n",
    "Model100_PredictedLabel.txt": "2\n2\n1\n0\n0\n",
    "Model100_Confidence.txt": "0.0014285714\n0.75\n1.000000000000000000e+00\n0.125\n0.5\n",
    "Model0_TrueLabel.txt": "2\n0\n1\n0\n2\n",
}
ROWS = [("000000", "google", 2, "0.999392"), ("000000", "github(cnn)", 2, "0.001429"), ("000001", "google", 0, "1.0"),
        ("000001", "github(cnn)", 2, "0.75"), ("000002", "google", 1, "0.5"), ("000002", "github(cnn)", 1, "1.0"),
        ("000003", "google", 1, "0.0"), ("000003", "github(cnn)", 0, "0.125"), ("000004", "google", 0, "0.25"),
        ("000004", "github(cnn)", 0, "0.5")]


def convert(folder, *names):
    return subprocess.run([sys.executable, "-B", apis / "published.py", *names], cwd=folder, capture_output=True, text=True, check=False)


def check_files(folder):
    done = convert(folder, "in", "out/faces")
    assert done.returncode == 0, done.stderr
    out = folder / "out" / "faces"
    assert (out / "rows.jsonl").read_text().splitlines() == [
        f'{{"item":"faces/{item}","model":"{model}","labels":[["class {k}",{conf}]]}}' for item, model, k, conf in ROWS]
    assert (out / "models.tsv").read_text() == "name\ttask\tcost_per_10000_usd\ngoogle\tfaces\t15\ngithub(cnn)\tfaces\t0.001\n"
    assert (out / "truth.tsv").read_text().splitlines()[1:] == [f"faces/{i:06d}\tclass {k}" for i, k in enumerate((2, 0, 1, 0, 2))]
    lines = [line.split("\t") for line in (out / "splits.tsv").read_text().splitlines()]
    assert lines[0] == ["item", "seed_1", "seed_5", "seed_10", "seed_50", "seed_100"]
    assert all([line[c] for line in lines[1:]].count("train") == 2 for c in range(1, 6))
    for command in (["import", "rows.jsonl", "--models", "models.tsv", "--truth", "truth.tsv", "--cost", "cost_per_10000_usd",
                     "--cost-unit", "usd/10k", "--threshold", "0", "-o", "faces.h5"],
                    ["split", "faces.h5", "--from", "splits.tsv", "--column", "seed_1", "-o", "faces.h5"]):
        done = subprocess.run([ams, "data", *command], cwd=out, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    info = subprocess.run([ams, "data", "info", "faces.h5"], cwd=out, capture_output=True, text=True, check=True).stdout
    assert "5 items, 2 models, 3 labels" in info and "0.0010" in info, info


def check_refused(folder, name, text, message):
    before = (folder / "in" / name).read_text()
    (folder / "in" / name).write_text(text)
    done = convert(folder, "in", "refused")
    assert done.returncode == 1 and message in done.stderr, done.stderr
    (folder / "in" / name).write_text(before)


def check_splits():
    """numpy's permutation(10) of seed 1, and the splits that the repository ships."""
    assert published.permutation(1, 10) == [2, 9, 6, 4, 0, 3, 1, 7, 8, 5]
    for name in ("rafdb", "ferplus"):
        done = subprocess.run(["zstd", "-dc", apis / f"{name}-splits.tsv.zst"], capture_output=True, text=True, check=True)
        rows = [line.split("\t") for line in done.stdout.splitlines()]
        for c, seed in enumerate(published.SEEDS, 1):
            train = set(published.permutation(seed, len(rows) - 1)[:(len(rows) - 1) // 2])
            assert rows[0][c] == f"seed_{seed}" and all((row[c] == "train") == (i in train) for i, row in enumerate(rows[1:]))


with tempfile.TemporaryDirectory() as made:
    root = pathlib.Path(made)
    (root / "in").mkdir()
    for file, text in FILES.items():
        (root / "in" / file).write_text(text)
    check_files(root)
    check_refused(root, "Model100_Confidence.txt", "0.25\n0.75\n", "Model100_Confidence.txt: expected 5 lines, one per item, found 2")
    check_refused(root, "Model0_PredictedLabel.txt", "2\n0\nx\n1\n0\n", "Model0_PredictedLabel.txt:3: expected a number, found 'x'")
    check_refused(root, "Model0_TrueLabel.txt", "2\n0\n1.5\n0\n2\n", "expected the number of a class, found 1.5")
    check_refused(root, "meta.csv", "Index,Name,Cost\n", "expected services, found none")
    check_splits()
