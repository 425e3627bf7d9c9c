"""Speaks with libespeak-ng and tells when each word and phone sounds; a program of its own, run by the engine.

For each line of JSON on the standard input, {"voice", "text", "markup", "words_per_minute"}, it writes one line of JSON,
{"rate", "bytes", "events"} or {"error"}, and then so many bytes of sound: 16-bit little-endian mono samples. Events come in
order: [sample, "phone"] in IPA, or [sample, position, length] for a word at this character of the text, counted from 1.
"""
import ctypes
import json
import os
import sys

# espeak-ng/speak_lib.h
SYNCHRONOUS = 2
PHONEME_EVENTS, PHONEMES_IN_IPA = 1, 2
UTF8, SSML = 1, 16
RATE = 1
END, WORD, PHONEME = 0, 1, 7


class Identity(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class Event(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("unique_identifier", ctypes.c_uint), ("text_position", ctypes.c_int),
                ("length", ctypes.c_int), ("audio_position", ctypes.c_int), ("sample", ctypes.c_int),
                ("user_data", ctypes.c_void_p), ("id", Identity)]


Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event))


def speak(library, request):
    """The sound of one request and its events."""
    sound, events = bytearray(), []

    def heard(samples, count, event):
        if count > 0:
            sound.extend(ctypes.string_at(samples, 2 * count))
        index = 0
        while event[index].type != END:
            one = event[index]
            if one.type == WORD:
                events.append([one.sample, one.text_position, one.length])
            elif one.type == PHONEME:
                # The eighth byte may belong to the phone: the array is not always ended by a zero.
                name = ctypes.string_at(ctypes.addressof(one.id), 8).split(b"\0")[0]
                events.append([one.sample, name.decode("utf8", "ignore")])
            index += 1
        return 0

    callback = Callback(heard)
    library.espeak_SetSynthCallback(callback)
    if library.espeak_SetVoiceByName(request["voice"].encode()) != 0:
        raise ValueError("espeak-ng has no voice " + request["voice"])
    library.espeak_SetParameter(RATE, request["words_per_minute"], 0)
    text = request["text"].encode()
    flags = UTF8 | (SSML if request["markup"] else 0)
    if library.espeak_Synth(text, len(text) + 1, 0, 1, 0, flags, None, None) != 0:
        raise ValueError("espeak-ng cannot speak")
    library.espeak_Synchronize()
    return sound, events


def answer(library, rate, line):
    try:
        sound, events = speak(library, json.loads(line))
        write(sound, {"rate": rate, "bytes": len(sound), "events": events})
    except ValueError as error:
        write(b"", {"error": str(error)})


def write(sound, head):
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + sound)
    sys.stdout.buffer.flush()


def main():
    library = ctypes.CDLL("libespeak-ng.so.1")
    rate = library.espeak_Initialize(SYNCHRONOUS, 500, None, PHONEME_EVENTS | PHONEMES_IN_IPA)
    if rate <= 0:
        sys.exit("libespeak-ng has no data")
    for line in sys.stdin.buffer:
        # The library carries its state from text to text. A fresh copy for each makes the same text sound the same.
        child = os.fork()
        if child == 0:
            answer(library, rate, line)
            os._exit(0)
        if os.waitpid(child, 0)[1] != 0:
            write(b"", {"error": "espeak-ng broke down"})


main()
