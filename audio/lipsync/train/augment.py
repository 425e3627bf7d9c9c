"""What happens to clean speech before the network hears it: other throats, rooms, noise, telephones, codecs, loudness.

`amount` (0..1) grows during training: mild at first, heavy later. Lengths of transforms are powers of two: others cost more than
the network.
"""
import random

import numpy as np
import torch
import torch.nn.functional as F

from network import MELS, STEP, STEPS_A_SECOND

RATE = 16_000


def cut(utterances, batch, seconds, amount):
    """A batch of cuts, resampled by up to a quarter (speed and formants move together): sound [B, N], poses, classes [B, T, C]."""
    length, steps = int(seconds * RATE), int(seconds * STEPS_A_SECOND)
    sound = np.zeros((batch, length), np.float32)
    poses = np.zeros((batch, steps, utterances[0][1].shape[1]), np.float32)
    classes = np.zeros((batch, steps, utterances[0][2].shape[1]), np.float32)
    for row in range(batch):
        samples, wanted, wanted_classes = random.choice(utterances)
        speed = 1 + amount * random.uniform(-.2, .26) if random.random() < .8 else 1.0
        need = int(length * speed) + 2
        offset = random.randint(-4000, max(0, len(samples) - need // 2))
        piece = np.zeros(need, np.float32)
        first, last = max(0, offset), min(len(samples), offset + need)
        piece[first - offset:last - offset] = samples[first:last].astype(np.float32) / 32768
        sound[row] = np.interp(np.arange(length) * speed, np.arange(need), piece)
        # Targets are frames of 10 ms of the source; a step takes the mean of what it covers at its middle.
        at = (offset + (np.arange(steps) + .5) * STEP * speed) / 160 - .5
        inside = np.clip(at, 0, len(wanted) - 1)
        low = np.floor(inside).astype(int)
        high, part = np.minimum(low + 1, len(wanted) - 1), (inside - low)[:, None]
        mix = lambda frames: frames[low] * (1 - part) + frames[high] * part
        outside = ((at < -1) | (at > len(wanted)))[:, None]
        poses[row] = np.where(outside, 0, mix(wanted))
        classes[row] = np.where(outside, np.eye(1, classes.shape[2]), mix(wanted_classes))
    return sound, poses, classes


def _colored(generator, length, tilt):
    size = 1 << (length - 1).bit_length()
    spectrum = np.fft.rfft(generator.standard_normal(size).astype(np.float32))
    return np.fft.irfft(spectrum / (np.arange(len(spectrum)) + 20.) ** tilt, size)[:length].astype(np.float32)


def _music(generator, length):
    """A few held chords."""
    time, sound = np.arange(length) / RATE, np.zeros(length, np.float32)
    beat = generator.uniform(.3, .9)
    for first in np.arange(0, length / RATE, beat):
        root = 110 * 2 ** (generator.integers(0, 25) / 12)
        inside = (time >= first) & (time < first + beat)
        fade = np.exp(-(time[inside] - first) * generator.uniform(.5, 4))
        for note in (0, generator.choice([3, 4]), 7):
            for overtone in range(1, 5):
                sound[inside] += np.sin(2 * np.pi * root * 2 ** (note / 12) * overtone * time[inside]) * fade / overtone
    return sound


def disturb(sound, babble, amount, generator):
    """Rooms, noise, music or reversed speech, limited bands, clipping; in place."""
    length = sound.shape[1]
    size = 1 << (length - 1).bit_length()
    level = np.sqrt((sound ** 2).mean(1, keepdims=True)).clip(1e-3)
    for row in range(len(sound)):
        if random.random() < .45 * amount:
            tail = int(RATE * random.uniform(.04, .4))
            room = generator.standard_normal(tail) * np.exp(-6.9 * np.arange(tail) / tail) * random.uniform(.01, .16)
            room[:int(RATE * random.uniform(.001, .012))] *= .1
            room[0] = 1
            sound[row] = np.fft.irfft(np.fft.rfft(sound[row], 2 * size) * np.fft.rfft(room, 2 * size), 2 * size)[:length]
        # There is always some noise: synthetic closures are exact zeros, real ones never are.
        below = random.uniform(45 - 38 * amount, 65)
        kind = random.random()
        if kind < .2 * amount:
            first = random.randint(0, len(babble) - length - 1)
            noise, below = babble[first:first + length][::-1].astype(np.float32), max(below, 14)
        elif kind < .35 * amount:
            noise, below = _music(generator, length), max(below, 10)
        else:
            noise = _colored(generator, length, random.uniform(0, 1.1))
        sound[row] += noise / (noise.std() + 1e-6) * level[row] * 10 ** (-below / 20)
        if random.random() < .18 * amount:  # Telephone or cheap microphone.
            spectrum = np.fft.rfft(sound[row], size)
            hertz = np.fft.rfftfreq(size, 1 / RATE)
            low, high = random.uniform(60, 350), random.choice([3400, 3800, 5000, 6500])
            spectrum *= 1 / (1 + (low / (hertz + 1)) ** 4) / (1 + (hertz / high) ** 12)
            sound[row] = np.fft.irfft(spectrum, size)[:length]
        if random.random() < .1 * amount:
            limit = level[row] * random.uniform(1.2, 3)
            sound[row] = np.clip(sound[row], -limit, limit)
    # The engine brings speech near -20 dB before the model; the rest is how well it does so.
    level = np.sqrt((sound ** 2).mean(1, keepdims=True)).clip(1e-3)
    sound *= .1 / level * 10 ** (generator.uniform(-9, 7, (len(sound), 1)) / 20)
    return sound.astype(np.float32)


def features(power, amount):
    """Mel power [B, T, 40] to network features [B, T/2, 80]: a random equaliser, a warped frequency axis, masks, a little noise."""
    log = torch.log(power + 1e-7)
    batch, frames, _ = log.shape
    curve = F.interpolate((torch.randn(batch, 6) * .9 * amount)[:, None], MELS, mode="linear", align_corners=True)[:, 0]
    log = log + curve[:, None]
    place = (torch.arange(MELS) * (1 + (torch.rand(batch, 1) - .5) * .26 * amount)).clamp(0, MELS - 1)
    low = place.floor().long()
    part = (place - low)[:, None]
    pick = lambda index: torch.gather(log, 2, index[:, None].expand(batch, frames, MELS))
    log = pick(low) * (1 - part) + pick((low + 1).clamp(max=MELS - 1)) * part
    # Dynamics of the recording: a hard compressor flattens what is loud, a gate deepens what is soft.
    middle = log.mean((1, 2), keepdim=True)
    log = middle + (log - middle) * (1 + (torch.rand(batch, 1, 1) - .5) * .3 * amount)
    for row in range(batch):
        if random.random() < .12 * amount:
            log[row, :, random.randint(27, 36):] = -14 + torch.randn(1)
        if random.random() < .3 * amount:
            band = random.randint(0, MELS - 6)
            log[row, :, band:band + random.randint(2, 6)] = log[row].mean()
    mel = (log + 9) / 4 + torch.randn_like(log) * .04
    return mel[:, :frames // 2 * 2].reshape(batch, frames // 2, 2 * MELS)
