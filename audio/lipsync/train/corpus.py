"""Makes data/*.npz: random word and syllable strings spoken by many synthetic voices, with phone times.

No text corpus is needed: words come from festival's dictionary, syllables from the table of legal pinyin below.
"""
import argparse
import multiprocessing
import pathlib
import random
import re

import numpy as np

import speech

DATA = pathlib.Path("data")
DICTIONARY = "/usr/share/festival/dicts/cmu/cmudict-0.4.out"
# Everyday words, rich in p b m f v w; four of five words come from here.
COMMON = """baby people maybe happy mama papa apple bubble woman move music beautiful power problem simple example probably
remember summer member number picture big boy buy be been but by map pop mob wolf five seven voice have love laugh of off
very view fish phone food who you two blue true shoe moon room book good look father fall thought saw toy now how out house
time my eye day say make take see three tree me he she this that these those mother brother nothing thing think thank through
with yes year young church judge change child age usual vision measure red run right wrong her bird word world first learn
welcome everyone live stream today hello thanks watching subscribe channel chat question answer price order link below""".split()

# Which initials each pinyin final takes; "-" is none.
FINALS = {
    "a": "b p m f d t n l g k h zh ch sh z c s -", "o": "b p m f", "e": "d t n l g k h zh ch sh r z c s -",
    "ai": "b p m d t n l g k h zh ch sh z c s -", "ei": "b p m f d n l g h zh sh z",
    "ao": "b p m d t n l g k h zh ch sh r z c s -", "ou": "p m f d t n l g k h zh ch sh r z c s -",
    "an": "b p m f d t n l g k h zh ch sh r z c s -", "en": "b p m f n g k h zh ch sh r z c s -",
    "ang": "b p m f d t n l g k h zh ch sh r z c s", "eng": "b p m f d t n l g k h zh ch sh r z c s",
    "ong": "d t n l g k h zh ch r z c s", "i": "b p m d t n l j q x zh ch sh r z c s", "ia": "j q x",
    "ie": "b p m d t n l j q x", "iao": "b p m d t n l j q x", "iu": "m d n l j q x", "ian": "b p m d t n l j q x",
    "in": "b p m n l j q x", "iang": "n l j q x", "ing": "b p m d t n l j q x", "iong": "j q x",
    "u": "b p m f d t n l g k h zh ch sh r z c s j q x", "ua": "g k h zh sh", "uo": "d t n l g k h zh ch sh r z c s",
    "uai": "g k h zh sh", "ui": "d t g k h zh ch sh r z c s", "uan": "d t n l g k h zh ch sh r z c s j q x",
    "un": "d t l g k h zh ch sh r z c s j q x", "uang": "g k h zh ch sh", "ue": "j q x",
}
SYLLABLES = [("" if initial == "-" else initial) + final for final, initials in FINALS.items() for initial in initials.split()]
SYLLABLES += "ya yao you yan yang ye yi yin ying yo yong yu yue yuan yun wa wo wai wei wan wen wang weng wu".split() * 3

VARIANTS = """f1 f2 f3 f4 m1 m2 m3 m4 m5 m7 m8 Annie Andy Mario Michael anika linda steph shelby belinda boris david robert
travis john victor max Diogo Gene Hugo Jacky Lee Storm klatt klatt4 adam ed grandpa""".split()

# Synthesiser, voice, utterances; the reserved voices (README) are not here.
PLAN = [("flite", "rms", 130), ("flite", "slt", 130), ("flite", "kal16", 80), ("festival", "kal_diphone", 50),
        ("festival", "cmu_us_slt_arctic_hts", 60), ("espeak", "en-us", 130), ("espeak", "en-gb-scotland", 30),
        ("espeak", "cmn-latn-pinyin", 200)]


def rare_words():
    with open(DICTIONARY, errors="replace") as file:
        return sorted({match.group(1) for match in (re.match(r'\("([a-z]{2,12})" ', line) for line in file) if match})


def english(chance, rare):
    words = [chance.choice(COMMON) if chance.random() < 0.8 else chance.choice(rare) for _ in range(chance.randint(6, 13))]
    return _with_comma(chance, words, 0.5) + chance.choice("..?!")


def pinyin(chance):
    words = [chance.choice(SYLLABLES) + str(chance.randint(1, 4)) for _ in range(chance.randint(8, 16))]
    return _with_comma(chance, words, 0.6) + "."


def _with_comma(chance, words, share):
    if chance.random() < share:
        words.insert(chance.randint(2, len(words) - 2), ",")
    return " ".join(words).replace(" ,", ",")


def speak(job):
    """One utterance of the plan; returns its seconds, or why it failed."""
    synthesiser, voice, index, rare = job
    chance = random.Random(f"{synthesiser} {voice} {index}")
    try:
        if synthesiser == "flite":
            samples, phones = speech.flite(english(chance, rare), voice, chance.uniform(0.82, 1.25))
        elif synthesiser == "festival":
            samples, phones = speech.festival(english(chance, rare), voice, chance.uniform(0.85, 1.2))
        else:
            text = pinyin(chance) if voice.startswith("cmn") else english(chance, rare)
            samples, phones = speech.espeak(text, f"{voice}+{chance.choice(VARIANTS)}", chance.randint(130, 215),
                                            chance.randint(20, 80), chance.randint(20, 80))
    except (OSError, ValueError, RuntimeError, speech.subprocess.CalledProcessError) as error:
        return f"{synthesiser} {voice}: {error}"
    before, after = (int(chance.uniform(low, high) * speech.RATE) for low, high in ((0.05, 0.5), (0.1, 0.6)))
    samples = np.concatenate([np.zeros(before, np.float32), samples, np.zeros(after, np.float32)])
    shift = before / speech.RATE
    phones = ([(0.0, shift, "pau")] + [(start + shift, end + shift, phone) for start, end, phone in phones])
    phones.append((phones[-1][1], len(samples) / speech.RATE, "pau"))
    starts, ends, names = zip(*phones)
    np.savez(DATA / f"{synthesiser}_{voice}_{index:04d}.npz", samples=(np.clip(samples, -1, 1) * 32767).astype(np.int16),
             starts=np.array(starts), ends=np.array(ends), phones=np.array(names),
             alphabet="ipa" if synthesiser == "espeak" else "arpabet")
    return len(samples) / speech.RATE


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--scale", type=float, default=1.0, help="share of the plan to make")
    scale = arguments.parse_args().scale
    DATA.mkdir(exist_ok=True)
    rare = rare_words() if pathlib.Path(DICTIONARY).exists() else COMMON
    jobs = [(synthesiser, voice, index, rare) for synthesiser, voice, count in PLAN for index in range(max(1, int(count * scale)))]
    with multiprocessing.Pool() as pool:
        results = pool.map(speak, jobs, chunksize=4)
    for failure in sorted({result for result in results if isinstance(result, str)}):
        print("left out:", failure)
    print(f"{sum(result for result in results if isinstance(result, float)) / 60:.1f} minutes in {DATA}/")


if __name__ == "__main__":
    main()
