"""Trains the network on prepared.pkl with heavy augmentation and writes net.pt.

The loss sees the class (cross entropy), the pose that the engine will make of the posterior (through the pose table), and, as
a help only, directly regressed parameters.
"""
import argparse
import pickle
import random
import time

import numpy as np
import torch
import torch.nn.functional as F

import targets
from network import MELS, STEP, Network

SECONDS, BATCH, WARM_STEPS = 2.4, 16, 10
LENGTH, STEPS = int(SECONDS * 16_000), int(SECONDS * 50)
PEAK_RATE = 2e-3
PP, FF = targets.CLASSES.index("PP"), targets.CLASSES.index("FF")
PARAMETER_WEIGHT = torch.tensor([3, 3, 1.5, 1.5, 1.5, 1, 1, 1, 1, 1, 1, .7])
POSES = torch.tensor(targets.POSES)


def cut(utterances):
    """A batch of cuts, resampled by up to a fifth (speed and formants): sound, parameters, classes."""
    sound = np.zeros((BATCH, LENGTH), np.float32)
    parameters = np.zeros((BATCH, STEPS, len(targets.PARAMETERS)), np.float32)
    classes = np.zeros((BATCH, STEPS), np.int64)
    for row in range(BATCH):
        samples, wanted, wanted_classes = random.choice(utterances)
        speed = random.uniform(.82, 1.22) if random.random() < .75 else 1.0
        length = int(LENGTH * speed) + 2
        offset = random.randint(-4000, max(0, len(samples) - length // 2))
        piece = np.zeros(length, np.float32)
        first, last = max(0, offset), min(len(samples), offset + length)
        piece[first - offset:last - offset] = samples[first:last] / 32768
        sound[row] = np.interp(np.arange(LENGTH) * speed, np.arange(length), piece)
        # Targets at the middle of each step, in the time of the source.
        at = (offset + (np.arange(STEPS) + .5) * STEP * speed) / 160 - .5
        inside = np.clip(at, 0, len(wanted) - 1)
        low = np.floor(inside).astype(int)
        high, part = np.minimum(low + 1, len(wanted) - 1), (inside - low)[:, None]
        outside = (at < -1) | (at > len(wanted))
        parameters[row] = np.where(outside[:, None], targets.POSES[0], wanted[low] * (1 - part) + wanted[high] * part)
        classes[row] = np.where(outside, 0, wanted_classes[np.round(inside).astype(int)])
    return torch.tensor(sound), torch.tensor(parameters), torch.tensor(classes)


def disturb(sound, babble):
    """Reverb, noise or reversed speech, and any loudness."""
    level = sound.pow(2).mean(1, keepdim=True).sqrt().clamp(min=1e-3)
    for row in range(len(sound)):
        if random.random() < .35:
            tail = int(16_000 * random.uniform(.05, .35))
            room = torch.randn(tail) * torch.exp(-6.9 * torch.arange(tail) / tail) * random.uniform(.02, .2)
            room[0] = 1
            size = 65_536  # A power of two: other lengths cost more than the network.
            sound[row] = torch.fft.irfft(torch.fft.rfft(sound[row], size) * torch.fft.rfft(room, size), size)[:LENGTH]
        if random.random() < .7:
            below = random.uniform(5, 45)
            if random.random() < .3:
                first = random.randint(0, len(babble) - LENGTH - 1)
                noise, below = torch.tensor(babble[first:first + LENGTH][::-1].copy()), max(below, 15)
            else:
                spectrum = torch.fft.rfft(torch.randn(LENGTH))
                noise = torch.fft.irfft(spectrum / (torch.arange(len(spectrum)) + 20.) ** random.uniform(0, 1), LENGTH)
            noise = noise / (noise.pow(2).mean().sqrt() + 1e-6)
            sound[row] = sound[row] + noise * level[row] * 10 ** (-below / 20)
    return sound * (0.1 / level) * 10 ** ((torch.rand(len(sound), 1) * 24 - 14) / 20)


def features(front, sound):
    """Log-mel with a random equaliser, a warped frequency axis, a cut band and a little noise."""
    log = torch.log(front.power(sound) + 1e-7)
    batch, frames, _ = log.shape
    curve = F.interpolate((torch.randn(batch, 6) * .7)[:, None], MELS, mode="linear", align_corners=True)[:, 0]
    log = log + curve[:, None]
    place = (torch.arange(MELS) * (1 + (torch.rand(batch, 1) - .5) * .22)).clamp(0, MELS - 1)
    low = place.floor().long()
    part = (place - low)[:, None]
    pick = lambda index: torch.gather(log, 2, index[:, None].expand(batch, frames, MELS))
    log = pick(low) * (1 - part) + pick((low + 1).clamp(max=MELS - 1)) * part
    for row in range(batch):
        if random.random() < .15:
            log[row, :, random.randint(27, 36):] = -14 + torch.randn(1)
    mel = (log + 9) / 4 + torch.randn_like(log) * .03
    return mel[:, :frames // 2 * 2].reshape(batch, frames // 2, 2 * MELS)


class Batches(torch.utils.data.IterableDataset):
    """Endless batches of (features, parameters, classes)."""

    def __init__(self, utterances, front):
        self.utterances, self.front = utterances, front
        self.babble = np.concatenate([samples for samples, _, _ in utterances]).astype(np.float32) / 32768

    def __iter__(self):
        torch.set_num_threads(1)
        seed = torch.initial_seed() % 2**31
        random.seed(seed)
        np.random.seed(seed)
        while True:
            sound, parameters, classes = cut(self.utterances)
            with torch.no_grad():
                yield features(self.front, disturb(sound, self.babble)), parameters, classes


def gap(parameters):
    """How far the lips are apart."""
    return ((parameters[..., 0] - parameters[..., 1]).clamp(min=0) + .3 * parameters[..., 9] + .2 * parameters[..., 10]
            + .25 * parameters[..., 2])


def loss_of(regressed, logits, wanted, classes):
    """The loss and the share of right classes."""
    weight = 1 + 2.0 * (classes == PP) + 1.0 * (classes == FF)
    pose = torch.softmax(logits, -1) @ POSES
    apart = lambda guess: ((gap(guess) - gap(wanted)).abs() * weight).mean()
    distance = lambda guess: (guess - wanted).abs() * PARAMETER_WEIGHT
    speed = ((regressed[:, 1:] - regressed[:, :-1]) - (wanted[:, 1:] - wanted[:, :-1])).abs().mean()
    class_weight = torch.ones(len(targets.CLASSES))
    class_weight[[PP, FF]] = 1.5
    crossed = F.cross_entropy(logits.flatten(0, 1), classes.flatten(), weight=class_weight, label_smoothing=.03)
    helper = 1.5 * (distance(regressed) * weight[..., None]).mean() + apart(regressed) + .9 * speed
    seen = apart(pose) + .5 * distance(pose).mean()
    return helper + crossed + 2 * seen, (logits.argmax(-1) == classes).float().mean()


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=float, default=12)
    arguments.add_argument("--lookahead", type=int, default=4)
    arguments.add_argument("--channels", type=int, default=128)
    options = arguments.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    with open("prepared.pkl", "rb") as file:
        utterances = pickle.load(file)
    network = Network(options.channels, lookahead=options.lookahead)
    print(sum(p.numel() for p in network.parameters()), "weights")
    loader = torch.utils.data.DataLoader(Batches(utterances, network.front), batch_size=None, num_workers=2, prefetch_factor=6)
    optimiser = torch.optim.AdamW(network.parameters(), lr=PEAK_RATE, weight_decay=.02)
    start, right = time.monotonic(), 0.0
    for step, (mel, wanted, classes) in enumerate(loader):
        done = (time.monotonic() - start) / (60 * options.minutes)
        if done >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = PEAK_RATE * min(1, step / 100 + .01) * (.5 + .5 * np.cos(np.pi * done))
        regressed, logits, _ = network.core(mel)
        late = options.lookahead + WARM_STEPS
        kept = slice(WARM_STEPS, STEPS - options.lookahead)
        loss, share = loss_of(regressed[:, late:], logits[:, late:], wanted[:, kept], classes[:, kept])
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimiser.step()
        right += share.item()
        if step % 50 == 49:
            print(f"{step + 1:5d} {time.monotonic() - start:4.0f} s, right classes {right / 50:.3f}", flush=True)
            right = 0.0
    torch.save({"weights": network.state_dict(), "channels": options.channels, "lookahead": options.lookahead}, "net.pt")


if __name__ == "__main__":
    main()
