"""Other throats for the same speech: pitch, formants and pace of recordings and natural voices are moved with the WORLD vocoder
(Morise et al. 2016), so that a handful of speakers becomes hundreds. Reads FOLDER/train and adds FOLDER/train/changed*_*.npz.

    python throats.py FOLDER
"""
import multiprocessing
import pathlib
import random
import sys

import numpy as np
import pyworld

RATE = 16_000
# Which utterances, how many of each kind, and how many throats each gets.
PLAN = [("recorded_*", None, 2), ("flite_*_rms_*", 260, 1), ("flite_*_slt_*", 260, 1), ("flite_*_kal16_*", 160, 1)]


def change(job):
    """One utterance with another throat; returns its seconds."""
    path, target, seed = job
    chance = random.Random(f"{path.name} {seed}")
    file = dict(np.load(path))
    sound = file["samples"].astype(np.float64) / 32768 + np.random.default_rng(seed).standard_normal(len(file["samples"])) * 1e-5
    pitch, times = pyworld.dio(sound, RATE)
    pitch = pyworld.stonemask(sound, pitch, times, RATE)
    envelope, noise = pyworld.cheaptrick(sound, pitch, times, RATE), pyworld.d4c(sound, pitch, times, RATE)
    voiced = pitch > 0
    if not voiced.any():
        return 0.0
    middle = np.exp(np.log(pitch[voiced]).mean())
    # High and low throats in equal parts.
    high = chance.random() < 0.5
    wanted = chance.uniform(165, 270) if high else chance.uniform(80, 150)
    formants = chance.uniform(1.02, 1.24) if high else chance.uniform(0.86, 1.06)
    liveliness = chance.uniform(0.6, 1.5)
    pitch[voiced] = wanted * (pitch[voiced] / middle) ** liveliness
    bins = np.arange(envelope.shape[1])
    at = np.minimum(bins / formants, envelope.shape[1] - 1)
    low, part = at.astype(int), at - at.astype(int)
    next_one = np.minimum(low + 1, envelope.shape[1] - 1)
    envelope = np.exp(np.log(envelope[:, low]) * (1 - part) + np.log(envelope[:, next_one]) * part)
    noise = np.clip(noise * (1 + chance.uniform(-0.1, 0.5)), 0, 1)
    pace = chance.uniform(0.85, 1.4)
    frames = np.minimum(np.arange(0, len(pitch), pace).astype(int), len(pitch) - 1)
    changed = pyworld.synthesize(pitch[frames], np.ascontiguousarray(envelope[frames]), np.ascontiguousarray(noise[frames]), RATE)
    changed *= 0.1 / max(changed.std(), 1e-4)
    file["samples"] = (np.clip(changed, -1, 1) * 32767).astype(np.int16)
    file["starts"], file["ends"] = file["starts"] / pace, file["ends"] / pace
    np.savez(target, **file)
    return len(changed) / RATE


def main():
    folder = pathlib.Path(sys.argv[1]) / "train"
    jobs = []
    for pattern, count, throats in PLAN:
        paths = sorted(folder.glob(pattern))
        jobs += [(path, folder / f"changed{n}_{path.name}", n) for path in (paths[:count] if count else paths) for n in range(throats)]
    with multiprocessing.Pool() as pool:
        seconds = 0.0
        for done, length in enumerate(pool.imap_unordered(change, jobs, chunksize=4), 1):
            seconds += length
            if done % 100 == 0 or done == len(jobs):
                print(f"{done} of {len(jobs)} utterances, {seconds / 60:.1f} minutes", flush=True)


if __name__ == "__main__":
    main()
