"""Judges a network on utterances with known phones: classes right, closures found and invented; and draws a confusion matrix."""
import numpy as np
import torch

from targets import CLASSES

PP = CLASSES.index("PP")
GROUPS = {"sil": "sil", "PP": "PP", "FF": "FF", "lingual": "TH DD kk nn LL", "hiss": "SS CH", "round": "WW UW UH OW AO YU",
          "open": "AA AE AH EH", "spread": "IY IH YY"}
GROUP_OF = {name: place for place, names in enumerate(GROUPS.values()) for name in names.split()}


def posterior(network, samples):
    """Probabilities [T, 26] of the steps of `samples` (16-bit), look-ahead taken out; loudness as the engine makes it."""
    sound = torch.tensor(samples.astype(np.float32) / 32768)
    loud = sound[sound.abs() > .01]
    sound = sound * (.1 / max(float(loud.pow(2).mean().sqrt()) if len(loud) else 0., .02))
    steps, silence = len(sound) // 320, 100  # The engine begins after silence, too.
    sound = torch.cat([torch.zeros(silence * 320), sound[:steps * 320], torch.zeros(network.lookahead * 320)])
    with torch.no_grad():
        power = network.front.power(sound[None])
        mel = network.front.normal(power)
        frames = mel.shape[1] // 2 * 2
        _, logits, _ = network.core(mel[:, :frames].reshape(1, frames // 2, -1))
    return torch.softmax(logits[0, silence + network.lookahead:], -1).numpy()


def _runs(mask):
    edges = np.diff(np.concatenate([[0], mask.astype(int), [0]]))
    return list(zip(np.where(edges == 1)[0], np.where(edges == -1)[0]))


def dev_scores(network, utterances, threshold=.4):
    """Share of right classes and groups; strict F1 and false closures a second with P(PP) over `threshold` as a closure."""
    right = count = grouped = group_count = hits = closures = good = bad = 0
    seconds = 0.0
    for samples, _, shares in utterances:
        answer = posterior(network, samples)
        steps = min(len(answer), len(shares) // 2)
        truth = shares[:steps * 2].astype(np.float32).reshape(steps, 2, -1).mean(1)
        names, guess = truth.argmax(1), answer[:steps].argmax(1)
        speech = names != 0
        right += (guess == names)[speech].sum()
        count += speech.sum()
        groups = lambda numbers: np.array([GROUP_OF.get(CLASSES[n], -1) for n in numbers])
        known = (groups(names) >= 0) & speech
        grouped += (groups(guess) == groups(names))[known].sum()
        group_count += known.sum()
        seconds += speech.sum() / 50
        fine = np.repeat(answer[:steps, PP] > threshold, 4)  # Steps of 5 ms.
        bilabial = np.repeat(shares[:steps * 2, PP] > .5, 2)
        near = np.convolve(bilabial, np.ones(7), "same") > 0
        for first, last in _runs(bilabial):
            quarter = (last - first) // 4
            closures += 1
            hits += fine[first + quarter:max(first + quarter + 1, last - quarter)].any()
        for first, last in _runs(fine):
            quarter = (last - first) // 4
            found = near[first + quarter:max(first + quarter + 1, last - quarter)].any()
            good += found
            bad += not found
    recall, precision = hits / max(1, closures), good / max(1, good + bad)
    scores = {"right": right / max(1, count), "groups": grouped / max(1, group_count),
              "strict_f1": 2 * recall * precision / max(1e-9, recall + precision), "recall": recall,
              "false_per_s": bad / max(1e-9, seconds)}
    return {name: round(float(score), 3) for name, score in scores.items()}


def confusion(network, utterances):
    """[26, 26] of how often (row) was heard as (column), rows summing to 1."""
    counts = np.zeros((len(CLASSES), len(CLASSES)))
    for samples, _, shares in utterances:
        answer = posterior(network, samples)
        steps = min(len(answer), len(shares) // 2)
        truth = shares[:steps * 2].astype(np.float32).reshape(steps, 2, -1).mean(1)
        np.add.at(counts, truth.argmax(1), answer[:steps])
    return counts / counts.sum(1, keepdims=True).clip(1)
