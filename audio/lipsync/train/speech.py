"""Speech whose phone times are known, from free synthesisers: 16 kHz mono and [(start, end, phone)] in seconds."""
import ctypes
import math
import os
import pathlib
import re
import subprocess
import tempfile
import wave

import numpy as np
from scipy.signal import resample_poly

RATE = 16_000
# Festival's voices that name phones as CMU does.
ENGLISH = ("kal_diphone", "ked_diphone", "cmu_us_slt_arctic_hts")


def read_wav(path):
    """A WAV file as mono floats at 16 kHz."""
    with wave.open(path) as file:
        rate, channels = file.getframerate(), file.getnchannels()
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 32768
    if channels > 1:
        samples = samples.reshape(-1, channels).mean(1)
    return at_model_rate(samples, rate)


def at_model_rate(samples, rate):
    """Resamples to 16 kHz."""
    if rate == RATE:
        return samples
    divisor = math.gcd(rate, RATE)
    return resample_poly(samples, RATE // divisor, rate // divisor).astype(np.float32)


def flite(text, voice, stretch=1.0):
    """flite prints the end of each phone with -psdur."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        command = ["flite", "-voice", voice, "--setf", f"duration_stretch={stretch:g}", "-psdur", "-t", text, "-o", file.name]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        samples = read_wav(file.name)
    phones, start = [], 0.0
    for item in printed:
        phone, end = item.rsplit(":", 1)
        phones.append((start, float(end), phone))
        start = float(end)
    return samples, phones


# Phones of festival's voices of other languages in IPA; what is not here is spelt the same.
_SAMPA = {
    "E": "ɛ", "O": "ɔ", "S": "ʃ", "Z": "ʒ", "tS": "tʃ", "dZ": "dʒ", "J": "ɲ", "ng": "ŋ", "nf": "n", "L": "ʎ", "N": "ŋ", "T": "θ",
    "D": "ð", "&": "æ", "7": "ø", "@": "æ", "ax": "ə", "rr": "r", "#": "pau", "##": "pau", "_": "pau",
}
_CZECH = {"c": "ts", "c~": "tʃ", "ch": "x", "d~": "d", "t~": "t", "n*": "ŋ", "n~": "ɲ", "r~": "ʒ", "r~*": "ʃ", "s~": "ʃ", "z~": "ʒ",
          "h": "ɦ", "#": "pau", "_": "pau"}
_RUSSIAN = {"ii": "i", "yy": "ɨ", "uu": "u", "ee": "e", "oo": "o", "aa": "a", "a": "ɐ", "e": "ɪ", "i": "ɪ", "y": "ɨ", "ae": "ə", "ay": "ə",
            "ur": "u", "c": "ts", "ch": "tɕ", "sh": "ʂ", "sch": "ɕ", "zh": "ʐ", "h": "x", "hh": "x", "pau": "pau"}


def _festival_ipa(phone, voice):
    """A phone of one of festival's voices that are not English, in IPA."""
    if voice.startswith("czech"):
        plain = phone.rstrip(":")
        return _CZECH.get(plain, plain)
    if voice.startswith("msu_ru"):
        found = _RUSSIAN.get(phone)
        return found or (phone[0] if len(phone) == 2 and phone[0] == phone[1] else phone)  # pp is a soft p.
    plain = phone.rstrip(":1")
    return _SAMPA.get(plain, plain)


def festival(text, voice, stretch=1.0):
    """festival saves segments with their ends; English voices name phones as CMU does, others are turned into IPA."""
    text = text.replace('"', "").replace("\\", "")
    with tempfile.TemporaryDirectory() as folder:
        sound, segments = os.path.join(folder, "a.wav"), os.path.join(folder, "a.seg")
        script = (f"(voice_{voice})(Parameter.set 'Duration_Stretch {stretch:g})"
                  f'(set! u (utt.synth (Utterance Text "{text}")))'
                  f'(utt.save.wave u "{sound}" \'riff)(utt.save.segs u "{segments}")\n')
        subprocess.run(["festival", "--pipe"], input=script, capture_output=True, text=True, check=True, timeout=120)
        samples = read_wav(sound)
        with open(segments) as file:
            rows = [line.split() for line in file]
    phones, start = [], 0.0
    for row in rows:
        if len(row) == 3 and row[0] != "#":
            phone = row[2] if voice in ENGLISH else _festival_ipa(row[2], voice)
            phones.append((start, float(row[0]), phone))
            start = float(row[0])
    return samples, phones


RECORDINGS = pathlib.Path("/usr/share/festival/voices/russian/msu_ru_nsh_clunits")


def recorded(index):
    """One of the sentences that festival's Russian voice is cut from: real speech with its phones (festvox-ru, BSD licence)."""
    label = sorted((RECORDINGS / "lab").glob("*.lab"))[index]
    phones, start = [], 0.0
    for row in map(str.split, label.read_text().splitlines()):
        if len(row) == 3:
            phones.append((start, float(row[0]), _festival_ipa(row[2], "msu_ru_nsh_clunits")))
            start = float(row[0])
    return read_wav(str(RECORDINGS / "wav" / f"{label.stem}.wav")), phones


class _Event(ctypes.Structure):
    """espeak_EVENT of speak_lib.h."""

    class _Id(ctypes.Union):
        _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]

    _fields_ = [("type", ctypes.c_int), ("unique_identifier", ctypes.c_uint), ("text_position", ctypes.c_int),
                ("length", ctypes.c_int), ("audio_position", ctypes.c_int), ("sample", ctypes.c_int),
                ("user_data", ctypes.c_void_p), ("id", _Id)]


_PHONEME_EVENT = 7
_SYNCHRONOUS = 2
_PHONEMES_AS_IPA = 1 | 2
_RATE, _PITCH, _RANGE = 1, 3, 4
_library = None


def _espeak_library():
    global _library
    if _library is None:
        _library = ctypes.CDLL("libespeak-ng.so.1")
        _library.rate = _library.espeak_Initialize(_SYNCHRONOUS, 500, None, _PHONEMES_AS_IPA)
    return _library


def espeak(text, voice, words_per_minute=165, pitch=50, pitch_range=50):
    """espeak-ng through its library, with phoneme events in IPA."""
    library, chunks, events = _espeak_library(), [], []
    callback_type = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))

    def heard(samples, count, event):
        if count > 0:
            chunks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        index = 0
        while event[index].type != 0:
            if event[index].type == _PHONEME_EVENT:
                raw = ctypes.string_at(ctypes.addressof(event[index].id), 8).split(b"\0")[0]
                events.append((event[index].audio_position / 1000, raw.decode("utf8", "replace")))
            index += 1
        return 0

    callback = callback_type(heard)
    library.espeak_SetSynthCallback(callback)
    if library.espeak_SetVoiceByName(voice.encode()) != 0:
        raise ValueError(f"espeak-ng has no voice {voice}")
    for parameter, value in ((_RATE, words_per_minute), (_PITCH, pitch), (_RANGE, pitch_range)):
        library.espeak_SetParameter(parameter, int(value), 0)
    data = text.encode()
    library.espeak_Synth(data, len(data) + 1, 0, 1, 0, 1, None, None)
    library.espeak_Synchronize()
    samples = np.concatenate(chunks).astype(np.float32) / 32768
    ends = [start for start, _ in events[1:]] + [len(samples) / library.rate]
    phones = [(start, end, phone if phone.strip("_: ") else "pau")
              for (start, phone), end in zip(events, ends) if end > start]
    samples = at_model_rate(samples, library.rate)
    return samples, close_stops(samples, phones)


_VOICELESS = re.compile(r"[ptkcqʈ]")


def _is_stop(phone):
    return phone != "pau" and bool(_VOICELESS.match(phone))


def close_stops(samples, phones):
    """espeak's event of a voiceless stop marks the burst: gives the silence before it to the stop."""
    phones = [list(phone) for phone in phones]
    for before, stop in zip(phones, phones[1:]):
        if not _is_stop(stop[2]):
            continue
        burst = int(stop[0] * RATE)
        first = max(0, burst - int(0.09 * RATE))
        place = min(burst + int(0.004 * RATE), len(samples) - 1)
        while place > max(0, burst - int(0.006 * RATE)) and abs(samples[place]) > 2e-4:
            place -= 1
        while place > first and abs(samples[place]) < 2e-4:
            place -= 1
        start = place / RATE
        if burst - place > 0.015 * RATE and place > first and start > before[0] + 0.02:
            before[1] = stop[0] = start
    return _without_short_pauses(phones)


def _without_short_pauses(phones):
    """A pause shorter than 70 ms belongs to the stop after it, else to what comes before."""
    kept = []
    for index, (start, end, phone) in enumerate(phones):
        if phone == "pau" and end - start < 0.07 and 0 < index < len(phones) - 1:
            if _is_stop(phones[index + 1][2]):
                phones[index + 1][0] = start
                continue
            if kept:
                kept[-1] = (kept[-1][0], end, kept[-1][2])
                continue
        kept.append((start, end, phone))
    return [phone for phone in kept if phone[1] > phone[0]]
