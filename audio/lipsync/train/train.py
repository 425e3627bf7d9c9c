"""Trains the network on a folder of corpus.py with augmentation that grows; writes net.pt and log.csv into it.

    python train.py FOLDER --minutes 60

The loss sees the class (cross entropy), the pose that the engine will make of the posterior (through the pose table), and, as
a help only, directly regressed parameters. What is kept is the running mean of the weights.
"""
import argparse
import copy
import csv
import multiprocessing
import pathlib
import random
import time

import numpy as np
import torch

import augment
import targets
from judge import dev_scores
from network import Network

SECONDS, BATCH, WARM_STEPS = 3.2, 24, 20
REUSE = 3
PP, FF = targets.CLASSES.index("PP"), targets.CLASSES.index("FF")
PARAMETER_WEIGHT = torch.tensor([3, 3, 1.5, 1.5, 1.5, 1, 1, 1, 1, 1, 1, .7])
POSES = torch.tensor(targets.POSES)
CLASS_WEIGHT = torch.ones(len(targets.CLASSES))
CLASS_WEIGHT[[PP, FF]] = 1.5


class Batches(torch.utils.data.IterableDataset):
    """Endless batches of (mel power, parameters, class shares)."""

    def __init__(self, utterances, front, amount):
        self.utterances, self.front, self.amount = utterances, front, amount
        self.babble = np.concatenate([samples for samples, _, _ in utterances[::7]])

    def __iter__(self):
        torch.set_num_threads(1)
        seed = torch.initial_seed() % 2**31
        random.seed(seed)
        generator = np.random.default_rng(seed)
        while True:
            amount = self.amount.value
            sound, parameters, classes = augment.cut(self.utterances, BATCH, SECONDS, amount)
            sound = augment.disturb(sound, self.babble, amount, generator)
            with torch.no_grad():
                yield self.front.power(torch.tensor(sound)), torch.tensor(parameters), torch.tensor(classes)


def gap(parameters):
    """How far the lips are apart."""
    return ((parameters[..., 0] - parameters[..., 1]).clamp(min=0) + .3 * parameters[..., 9] + .2 * parameters[..., 10]
            + .25 * parameters[..., 2])


def loss_of(regressed, logits, wanted, classes):
    """The loss and the share of right classes."""
    weight = 1 + 2.0 * classes[..., PP] + 1.0 * classes[..., FF]
    log = torch.log_softmax(logits, -1)
    pose = log.exp() @ POSES
    apart = lambda guess: ((gap(guess) - gap(wanted)).abs() * weight).mean()
    distance = lambda guess: (guess - wanted).abs() * PARAMETER_WEIGHT
    speed = ((regressed[:, 1:] - regressed[:, :-1]) - (wanted[:, 1:] - wanted[:, :-1])).abs().mean()
    aim = (.97 * classes + .03 / classes.shape[-1]) * CLASS_WEIGHT
    crossed = -(aim * log).sum(-1).mean()
    helper = 1.5 * (distance(regressed) * weight[..., None]).mean() + apart(regressed) + .9 * speed
    seen = apart(pose) + .5 * distance(pose).mean()
    return helper + crossed + 2 * seen, (logits.argmax(-1) == classes.argmax(-1)).float().mean()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--minutes", type=float, default=60)
    arguments.add_argument("--lookahead", type=int, default=4)
    arguments.add_argument("--channels", type=int, default=144)
    arguments.add_argument("--start-from", type=pathlib.Path, help="net.pt to go on from, with full augmentation at once")
    arguments.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    options = arguments.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    utterances = targets.load(options.folder / "train")
    dev = {name: targets.load(options.folder / name) for name in ("dev", "dev-real") if (options.folder / name).is_dir()}
    print(f"{len(utterances)} utterances, {sum(len(u[0]) for u in utterances) / 960_000:.0f} minutes", flush=True)
    network = Network(options.channels, lookahead=options.lookahead)
    if options.start_from:
        network.load_state_dict(torch.load(options.start_from, weights_only=True)["weights"])
    mean = copy.deepcopy(network)
    print(sum(p.numel() for p in network.parameters()), "weights", flush=True)
    amount = multiprocessing.Value("d", .3)
    loader = iter(torch.utils.data.DataLoader(Batches(utterances, network.front, amount), batch_size=None, num_workers=1,
                                              prefetch_factor=8))
    optimiser = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=.02)
    log = csv.writer(open(options.folder / "log.csv", "w"))
    start, right, losses, step, judged = time.monotonic(), 0.0, 0.0, 0, 0.0
    while (done := (time.monotonic() - start) / (60 * options.minutes)) < 1:
        amount.value = 1.0 if options.start_from else min(1.0, .3 + .7 * done / .4)
        power, wanted, classes = next(loader)
        for _ in range(REUSE):
            for group in optimiser.param_groups:
                group["lr"] = options.rate * min(1, step / 200 + .01) * (.5 + .5 * np.cos(np.pi * done))
            mel = augment.features(power, amount.value)
            with torch.autocast("cpu", torch.bfloat16):
                regressed, logits, _ = network.core(mel)
            late = options.lookahead + WARM_STEPS
            kept = slice(WARM_STEPS, logits.shape[1] - options.lookahead)
            loss, share = loss_of(regressed[:, late:].float(), logits[:, late:].float(), wanted[:, kept], classes[:, kept])
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
            optimiser.step()
            step += 1
            with torch.no_grad():
                keep = min(.999, step / (step + 50))
                for old, new in zip(mean.parameters(), network.parameters()):
                    old.mul_(keep).add_(new, alpha=1 - keep)
            right += share.item() / 300
            losses += loss.item() / 300
            if step % 300 == 0:
                print(f"{step:6d} {time.monotonic() - start:5.0f} s, loss {losses:.3f}, right classes {right:.3f}", flush=True)
                row = [step, round(time.monotonic() - start), round(losses, 4), round(right, 4)]
                if time.monotonic() - judged > 240:
                    judged = time.monotonic()
                    for name, some in dev.items():
                        scores = dev_scores(mean, some)
                        print("      ", name, scores, flush=True)
                        row += [name, *scores.values()]
                    save(mean, options)
                log.writerow(row)
                right = losses = 0.0
    save(mean, options)


def save(network, options):
    """Writes net.pt."""
    torch.save({"weights": network.state_dict(), "channels": options.channels, "lookahead": options.lookahead},
               options.folder / "net.pt")


if __name__ == "__main__":
    main()
