"""Phone sets of the synthesisers to the 26 visual phones."""
import re

CLASSES = ("sil PP FF TH DD kk CH SS nn LL RR WW YY HH "
           "AA AE AH EH IH IY AO OW UH UW YU ER").split()
VOWELS = set(CLASSES[14:])


def _inverted(table):
    return {phone: classes.split() for classes, phones in table.items() for phone in phones.split()}


# CMU names as flite and festival use them; two classes are a diphthong.
ARPABET = _inverted({
    "sil": "pau sil h# brth ssil",
    "PP": "p b m em",
    "FF": "f v",
    "TH": "th dh",
    "DD": "t d dx",
    "kk": "k g ng",
    "CH": "ch jh sh zh",
    "SS": "s z",
    "nn": "n en nx",
    "LL": "l",
    "AH LL": "el",
    "RR": "r",
    "WW": "w",
    "YY": "y",
    "HH": "hh hv",
    "AA": "aa",
    "AE": "ae",
    "AH": "ah ax",
    "EH": "eh",
    "IH": "ih ix",
    "IY": "iy",
    "AO": "ao",
    "OW UH": "ow",
    "UH": "uh",
    "UW": "uw",
    "ER": "er axr",
    "AA IH": "ay",
    "AA UH": "aw",
    "AO IH": "oy",
    "EH IY": "ey",
})
IPA = _inverted({
    "PP": "p b m ɓ β ɸ",
    "FF": "f v ʋ",
    "TH": "θ ð",
    "DD": "t d ɾ ɖ ʈ ɽ",
    "kk": "k ɡ g ŋ x χ ɣ q c ʁ ɟ ɴ",
    "CH": "ç ʃ ʒ ɕ ʑ ʂ",
    "nn": "ɲ n ɳ",
    "HH": "ʔ h ɦ ħ ʕ",
    "RR": "ʐ r ɹ ɻ",
    "YY": "ʝ j",
    "SS": "s z",
    "LL": "l ɫ ɭ ʎ",
    "WW": "w",
    "YU": "ɥ y ø œ ʉ",
    "AA": "ɑ a ä",
    "AH": "ɐ ʌ ə ɵ ɤ",
    "AE": "æ",
    "EH": "ɛ e",
    "IH": "ɪ ɨ ɯ ᵻ",
    "IY": "i",
    "AO": "ɔ ɒ",
    "OW": "o",
    "UH": "ʊ",
    "UW": "u",
    "ER": "ɜ ɚ ɝ",
})
AFFRICATES = _inverted({
    "CH": "tʃ dʒ tɕ dʑ tʂ dʐ ʈʂ ɖʐ",
    "SS": "ts dz",
})
# Length, stress, tone, secondary articulation: not seen.
_MODIFIERS = re.compile(r"[ːˑˈˌ\u0303\u0329\u032f\u0325ʰʲˤ0-9˥˦˧˨˩\u0361.\-_:;]")


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
        if letter == "h" and found and found[-1] in ("PP", "DD", "kk", "CH", "SS"):
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
