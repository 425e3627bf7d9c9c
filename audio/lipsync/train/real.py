"""Real speech for judging, never for training: the English prompts of Debian's asterisk-core-sounds-en-g722, phones found by
PocketSphinx from the known words. Writes FOLDER/dev-real/*.npz; nothing of it is committed.

    apt install asterisk-core-sounds-en-g722 ffmpeg; pip install pocketsphinx
    python real.py FOLDER core-sounds-en.txt        (the list `name: words` of the prompts' upstream)
"""
import pathlib
import re
import subprocess
import sys

import numpy as np
import pocketsphinx

SOUNDS = pathlib.Path("/usr/share/asterisk/sounds/en_US_f_Allison")
SILENT = ("SIL", "+NSN+", "+SPN+")
DIGITS = "zero one two three four five six seven eight nine".split()


def words_of(text):
    """Lower-case words; none if there is something that is not spoken as written."""
    if re.search(r"[\[\]<>@#*/=]|\d\d|\(", text):
        return []
    text = re.sub(r"\d", lambda digit: f" {DIGITS[int(digit[0])]} ", text.lower().replace("-", " "))
    return re.findall(r"[a-z']+", text)


def phones_of(samples, words):
    """[(start, end, phone)] by forced alignment; None where it fails."""
    decoder = pocketsphinx.Decoder(loglevel="FATAL", bestpath=False)
    if any(decoder.lookup_word(word) is None for word in words):
        return None
    data = samples.astype(np.int16).tobytes()
    decoder.set_align_text(" ".join(words))
    for state_level in (False, True):
        if state_level:
            decoder.set_alignment()
        decoder.start_utt()
        decoder.process_raw(data, full_utt=True)
        decoder.end_utt()
        if not state_level and decoder.hyp() is None:  # Asked after the second pass it crashes.
            return None
    alignment = decoder.get_alignment()  # Held: its words point into it.
    return [(phone.start / 100, (phone.start + phone.duration) / 100, "pau" if phone.name in SILENT else phone.name.lower())
            for word in alignment for phone in word]


def main():
    folder, listing = pathlib.Path(sys.argv[1]) / "dev-real", pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    seconds = 0.0
    for line in listing.read_text(errors="replace").splitlines():
        name, _, text = line.partition(":")
        path, words = SOUNDS / f"{name}.g722", words_of(text)
        if not path.exists() or len(words) < 5:
            continue
        decoded = subprocess.run(["ffmpeg", "-v", "error", "-f", "g722", "-i", path, "-f", "s16le", "-ar", "16000", "-ac", "1", "-"],
                                 capture_output=True, check=True).stdout
        samples = np.frombuffer(decoded, np.int16)
        phones = phones_of(samples, words)
        if not phones:
            print("left out:", name)
            continue
        phones.append((phones[-1][1], len(samples) / 16_000, "pau"))
        starts, ends, names = zip(*phones)
        np.savez(folder / f"real_{name.replace('/', '-')}.npz", samples=samples, starts=np.array(starts), ends=np.array(ends),
                 phones=np.array(names), alphabet="arpabet")
        seconds += len(samples) / 16_000
    print(f"{seconds / 60:.1f} minutes in {folder}/")


if __name__ == "__main__":
    main()
