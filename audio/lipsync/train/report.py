"""Draws the training report beside the model: curves.png, confusion.png and scores.txt.

    python report.py FOLDER ../report
"""
import csv
import pathlib
import sys

import matplotlib
import torch

matplotlib.use("agg")
import matplotlib.pyplot as plt  # noqa: E402

import judge  # noqa: E402
import targets  # noqa: E402
from network import Network  # noqa: E402

NAMES = {"dev": "unheard synthetic voices and held-back recordings", "dev-real": "real English"}


def curves(folder, target):
    """Loss and right classes over time, and the closures of the development sets."""
    rows = list(csv.reader(open(folder / "log.csv")))
    minutes = [int(row[1]) / 60 for row in rows]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
    left.plot(minutes, [float(row[2]) for row in rows], label="loss (training, augmented)")
    left.plot(minutes, [float(row[3]) for row in rows], label="right classes (training, augmented)")
    for name, text in NAMES.items():
        found = [(minute, row) for minute, row in zip(minutes, rows) if name in row]
        if found:
            column = [row.index(name) for _, row in found]
            times = [minute for minute, _ in found]
            right.plot(times, [float(row[c + 3]) for (_, row), c in zip(found, column)], label=f"closures, strict F1: {text}")
            right.plot(times, [float(row[c + 1]) for (_, row), c in zip(found, column)], "--", label=f"right classes: {text}")
    for axis in (left, right):
        axis.set_xlabel("minutes")
        axis.grid(alpha=0.3)
        axis.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(target / "curves.png", dpi=90)


def confusions(network, sets, target):
    """What was said against what was heard, one picture a set."""
    figure, axes = plt.subplots(1, len(sets), figsize=(7 * len(sets), 6.6))
    for axis, (name, utterances) in zip([axes] if len(sets) == 1 else axes, sets.items()):
        axis.imshow(judge.confusion(network, utterances), cmap="magma_r", vmin=0, vmax=1)
        axis.set_xticks(range(len(targets.CLASSES)), targets.CLASSES, rotation=90, fontsize=7)
        axis.set_yticks(range(len(targets.CLASSES)), targets.CLASSES, fontsize=7)
        axis.set_xlabel("heard")
        axis.set_ylabel("said")
        axis.set_title(NAMES[name], fontsize=9)
    figure.tight_layout()
    figure.savefig(target / "confusion.png", dpi=80)


def main():
    folder, target = map(pathlib.Path, sys.argv[1:3])
    target.mkdir(parents=True, exist_ok=True)
    saved = torch.load(folder / "net.pt", weights_only=True)
    network = Network(saved["channels"], lookahead=saved["lookahead"])
    network.load_state_dict(saved["weights"])
    network.eval()
    sets = {name: targets.load(folder / name) for name in NAMES if (folder / name).is_dir()}
    curves(folder, target)
    confusions(network, sets, target)
    lines = [f"{NAMES[name]}: {judge.dev_scores(network, utterances)}" for name, utterances in sets.items()]
    (target / "scores.txt").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
