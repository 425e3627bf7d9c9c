"""Phone sets of the synthesisers to the 26 visual phones."""
import pathlib
import re
import tomllib

CLASSES = ("sil PP FF TH DD kk CH SS nn LL RR WW YY HH "
           "AA AE AH EH IH IY AO OW UH UW YU ER").split()
VOWELS = set(CLASSES[14:])


with open(pathlib.Path(__file__).parent.parent / "phones.toml", "rb") as _file:
    _TABLE = tomllib.load(_file)


def _inverted(table):
    return {phone: classes.split() for classes, phones in table.items() for phone in phones.split()}


# CMU names as flite and festival use them; two classes are a diphthong.
ARPABET = _inverted(_TABLE["arpabet"])
IPA = _inverted(_TABLE["ipa"])
AFFRICATES = _inverted(_TABLE["affricates"])
# Length, stress, tone, secondary articulation: not seen.
_MODIFIERS = re.compile(f"[{re.escape(_TABLE['marks']['unseen'])}\u0300-\u036f]")
_ASPIRATED = _TABLE["marks"]["aspirated"].split()


def classes_of(phone, alphabet):
    """The visual phones of one phone; none if it cannot be seen."""
    if alphabet == "arpabet":
        return ARPABET.get(phone.lower().rstrip("012"), ["sil"])
    if phone == "pau" or phone.startswith("("):
        return ["sil"]
    letters, found, place = _MODIFIERS.sub("", phone), [], 0
    while place < len(letters):
        pair = letters[place:place + 2]
        if pair in AFFRICATES:
            found += AFFRICATES[pair]
            place += 2
            continue
        letter = letters[place]
        place += 1
        if letter == "h" and found and found[-1] in _ASPIRATED:
            continue  # Aspiration.
        for name in IPA.get(letter, []):
            if not found or found[-1] != name:
                found.append(name)
    return found


def segments(phones, alphabet):
    """[(start, end, class)] with diphthongs split 60:40 and neighbouring silences joined."""
    result = []
    for start, end, phone in phones:
        names = classes_of(phone, alphabet)
        if not names:
            if result:
                result[-1] = (result[-1][0], end, result[-1][2])
            continue
        shares = [1 / len(names)] * len(names)
        if len(names) == 2 and set(names) <= VOWELS:
            shares = [0.6, 0.4]
        at = start
        for name, share in zip(names, shares):
            until = at + (end - start) * share
            if name == "sil" and result and result[-1][2] == "sil":
                result[-1] = (result[-1][0], until, "sil")
            else:
                result.append((at, until, name))
            at = until
    return result
