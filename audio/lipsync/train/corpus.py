"""Makes speech of many synthetic voices with phone times: FOLDER/train/*.npz and FOLDER/dev/*.npz.

Voices of `dev` are not in `train`. The voices that the README reserves for judging are in neither.
"""
import argparse
import multiprocessing
import pathlib
import random

import numpy as np

import speech
import texts

# Variants of espeak's voices; those for `dev` come last.
VARIANTS = """f1 f2 f3 m1 m2 m3 m4 m5 m8 Annie Andy Mario Michael anika steph shelby belinda boris david robert travis john
victor max Diogo Gene Hugo Jacky Lee Storm klatt klatt4 klatt5 adam ed grandpa grandma whisperf whisper croak""".split()
DEV_VARIANTS = "f4 m7 klatt3 linda".split()

# Synthesiser, voice, language of the text, utterances (five seconds each).
TRAIN = [("flite", "rms", "en", 620), ("flite", "slt", "en", 620), ("flite", "kal16", "en", 420),
         ("festival", "kal_diphone", "en", 240), ("festival", "msu_ru_nsh_clunits", "ru", 300),
         ("festival", "lp_diphone", "it", 110), ("festival", "pc_diphone", "it", 110), ("festival", "upc_ca_ona_hts", "it", 90),
         ("festival", "czech_ph", "cs-plain", 60), ("festival", "czech_dita", "cs-plain", 80), ("festival", "czech_krb", "cs-plain", 60),
         ("festival", "czech_machac", "cs-plain", 80), ("festival", "hy_fi_mv_diphone", "fi-plain", 80),
         ("festival", "suo_fi_lj_diphone", "fi-plain", 80),
         ("espeak", "en-us", "en", 420), ("espeak", "en-gb-scotland", "en", 80), ("espeak", "en-gb-x-rp", "en", 120),
         ("espeak", "en-us-nyc", "en", 80), ("espeak", "cmn-latn-pinyin", "zh", 620), ("noise", "", "", 160),
         ("recorded", "ru", "ru", 590)]
TRAIN += [("espeak", language, language, 55) for language in texts.SPELLING]
DEV = [("festival", "cmu_us_slt_arctic_hts", "en", 14), ("espeak", "en-us", "en", 10), ("espeak", "en", "en", 6),
       ("espeak", "cmn-latn-pinyin", "zh", 14), ("recorded", "ru", "ru", 30)]
PLAIN = {"cs-plain": "cs", "fi-plain": "fi"}  # Without letters that festival's reading of UTF-8 does not know.


def text_for(language, chance, rare):
    if language == "en":
        return texts.english(chance, rare)
    if language == "zh":
        return texts.pinyin(chance)
    text = texts.foreign(chance, PLAIN.get(language, language))
    return "".join(c for c in text if c.isascii()) if language in (*PLAIN, "it") else text


def noise(chance):
    """Four seconds that no mouth makes: hiss, hum, breaths, knocks or chords."""
    generator = np.random.default_rng(chance.getrandbits(32))
    length = 4 * speech.RATE
    time = np.arange(length) / speech.RATE
    spectrum = np.fft.rfft(generator.standard_normal(length)) / (np.arange(length // 2 + 1) + 20) ** chance.uniform(0, 1.1)
    sound = np.fft.irfft(spectrum, length)
    sound *= chance.uniform(0.0005, 0.02) / (sound.std() + 1e-9)
    kind = chance.choice(["room", "breath", "knock", "chord", "hum"])
    for _ in range(chance.randint(2, 6)):
        at, span = chance.uniform(0.1, 3.0), chance.uniform(0.25, 1.0)
        inside = (time >= at) & (time < at + span)
        curve = np.sin(np.pi * (time[inside] - at) / span) ** chance.uniform(0.7, 2)
        if kind == "breath":
            band = np.fft.rfft(generator.standard_normal(length))
            hertz = np.fft.rfftfreq(length, 1 / speech.RATE)
            center = chance.uniform(400, 2500)
            band *= np.exp(-((np.log(hertz + 50) - np.log(center)) / chance.uniform(0.5, 1.1)) ** 2)
            puff = np.fft.irfft(band, length)
            sound[inside] += puff[inside] / puff.std() * curve * chance.uniform(0.005, 0.05)
        elif kind == "knock":
            fall = np.exp(-(time[inside] - at) * chance.uniform(20, 150))
            sound[inside] += generator.standard_normal(inside.sum()) * fall * chance.uniform(0.02, 0.3)
        elif kind == "chord":
            root = chance.uniform(110, 440)
            for ratio in (1, chance.choice([1.189, 1.26]), 1.498, 2):
                for overtone in range(1, chance.randint(2, 7)):
                    sound[inside] += np.sin(2 * np.pi * root * ratio * overtone * time[inside]) * curve * 0.02 / overtone
        elif kind == "hum":
            sound += np.sin(2 * np.pi * chance.choice([50, 60, 100, 120]) * time) * chance.uniform(0.001, 0.02)
    return sound.astype(np.float32), [(0.0, 4.0, "pau")]


def weaken_bursts(chance, samples, phones):
    """Some stops are not released: their bursts are damped."""
    for (start, end, phone), (_, _, after) in zip(phones, phones[1:]):
        stop = phone.lower().strip("ʰː0123456789") in {"p", "t", "k", "b", "d", "g", "ɡ"}
        if stop and chance.random() < (0.6 if after in ("pau", "sil") else 0.25):
            first, last = int((end - 0.45 * (end - start)) * speech.RATE), int((end + 0.012) * speech.RATE)
            samples[first:last] *= 10 ** (-chance.uniform(6, 40) / 20)


def speak(job):
    """One utterance of the plan; returns its seconds, or why it failed."""
    folder, variants, synthesiser, voice, language, index, rare = job
    chance = random.Random(f"{folder.name} {synthesiser} {voice} {index}")
    try:
        if synthesiser == "noise":
            samples, phones = noise(chance)
        elif synthesiser == "recorded":
            samples, phones = speech.recorded(index + (30 if folder.name == "train" else 0))
        elif synthesiser == "flite":
            samples, phones = speech.flite(texts.english(chance, rare), voice, chance.uniform(0.66, 1.25))
        elif synthesiser == "festival":
            samples, phones = speech.festival(text_for(language, chance, rare), voice, chance.uniform(0.7, 1.2))
        else:
            variant = chance.choice(variants)
            full = f"{voice}+{variant}"
            samples, phones = speech.espeak(text_for(language, chance, rare), full, chance.randint(130, 250),
                                            chance.randint(20, 80), chance.randint(20, 80))
    except (OSError, ValueError, RuntimeError, IndexError, speech.subprocess.SubprocessError) as error:
        return f"{synthesiser} {voice}: {error}"
    if len(samples) < 8000 or not phones or len(samples) > 60 * speech.RATE:
        return f"{synthesiser} {voice}: too short or too long"
    samples = samples.copy()
    if folder.name == "train" and synthesiser != "recorded" and chance.random() < 0.35:
        weaken_bursts(chance, samples, phones)
    before, after = (0, 0) if synthesiser == "recorded" else (int(chance.uniform(low, high) * speech.RATE) for low, high in ((0.05, 0.5), (0.1, 0.6)))
    samples = np.concatenate([np.zeros(before, np.float32), samples, np.zeros(after, np.float32)])
    shift = before / speech.RATE
    phones = [(0.0, shift, "pau")] + [(start + shift, end + shift, phone) for start, end, phone in phones]
    phones.append((phones[-1][1], max(phones[-1][1], len(samples) / speech.RATE), "pau"))
    phones = [phone for phone in phones if phone[1] > phone[0]]
    starts, ends, names = zip(*phones)
    english = synthesiser == "flite" or voice in speech.ENGLISH
    prefix = {"zh": "zh", "ru": "ru"}.get(language, "en") if folder.name == "dev" else synthesiser
    np.savez(folder / f"{prefix}_{synthesiser}_{voice}_{index:04d}.npz", samples=(np.clip(samples, -1, 1) * 32767).astype(np.int16),
             starts=np.array(starts), ends=np.array(ends), phones=np.array(names), alphabet="arpabet" if english else "ipa")
    return len(samples) / speech.RATE


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--scale", type=float, default=1.0, help="share of the plan to make")
    options = arguments.parse_args()
    rare = texts.rare_words()
    jobs = []
    for name, plan, variants in (("dev", DEV, DEV_VARIANTS), ("train", TRAIN, VARIANTS)):
        folder = options.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        jobs += [(folder, variants, synthesiser, voice, language, index, rare)
                 for synthesiser, voice, language, count in plan for index in range(max(1, int(count * options.scale)))]
    random.Random(0).shuffle(jobs)
    seconds, failures = 0.0, {}
    with multiprocessing.Pool(maxtasksperchild=200) as pool:
        for done, result in enumerate(pool.imap_unordered(speak, jobs, chunksize=4), 1):
            if isinstance(result, str):
                failures[result] = failures.get(result, 0) + 1
            else:
                seconds += result
            if done % 100 == 0 or done == len(jobs):
                print(f"{done} of {len(jobs)} utterances, {seconds / 60:.1f} minutes", flush=True)
    for failure, count in sorted(failures.items()):
        print(f"left out {count} times: {failure}")


if __name__ == "__main__":
    main()
