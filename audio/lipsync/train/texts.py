"""Random texts to be spoken: no text corpus is needed, since phones are what is learnt."""
import pathlib
import re

# Festival's dictionary; without it only everyday words are spoken.
DICTIONARY = pathlib.Path("/usr/share/festival/dicts/cmu/cmudict-0.4.out")
# Everyday words, rich in p b m f v w; three of four words come from here.
COMMON = """baby people maybe happy mama papa apple bubble woman move music beautiful power problem simple example probably
remember summer member number picture big boy buy be been but by map pop mob wolf five seven voice have love laugh of off
very view fish phone food who you two blue true shoe moon room book good look father fall thought saw toy now how out house
time my eye day say make take see three tree me he she this that these those mother brother nothing thing think thank through
with yes year young church judge change child age usual vision measure red run right wrong her bird word world first learn
welcome everyone live stream today hello thanks watching subscribe channel chat question answer price order link below
and so what for the a it is was were are on at to in him them we would could from about before upon just more most some come
cup keep stop help step lip tip job rub web lab team time came home arm film room album price deal black brown sorry ha""".split()

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
SYLLABLES += "ya yao you yan yang ye yi yin ying yo yong yu yue yuan yun wa wo wai wei wan wen wang weng wu er".split() * 3

# What syllables of other languages begin with, hold and end with (spelling; "-" is nothing). Spanish is kept for judging.
SPELLING = {
    "de": ("b p m f v w d t n l g k h sch s z r br pf st - tr", "a e i o u ä ö ü ei au ie", "- - n m t ch r l s b p ng"),
    "fr": ("b p m f v d t n l g c ch j s r br pl gn - tr", "a é i o u ou eu an on in oi è", "- - - r l che be me pe ve te"),
    "it": ("b p m f v d t n l g c r s z pr br sc - tr", "a e i o u ia io uo", "- - - - n r l"),
    "pt-br": ("b p m f v d t n lh l g c r s x ch pr - nh", "a e i o u ão é ei ou", "- - - s r m l"),
    "ro": ("b p m f v d t n l g c r s ș ț pr - tr", "a e i o u ă â ea oa", "- - n m r t p b"),
    "pl": ("b p m w f d t n l g k sz cz ż r s z ch ł - prz", "a e i o u y ó ą ę", "- - n m r t p k"),
    "cs": ("b p m f v d t n l h k š č ž ř s z - tr", "a e i o u á é í ou", "- - n m r t p b"),
    "fi": ("p m v t n l k h s r j - pp mm", "a e i o u ä ö y aa uo ie", "- - n s t l"),
    "tr": ("b p m f v d t n l g k ş ç c s z r y -", "a e ı i o ö u ü", "- - n m r t p k"),
    "id": ("b p m w d t n l g k s c j r ng ny -", "a e i o u ai au", "- - n m ng t p k h"),
    "nl": ("b p m f v w d t n l g k s z r sch -", "a e i o u aa oe ui ij eu", "- - n m t p k r f"),
    "sv": ("b p m f v d t n l g k sj s r st -", "a e i o u å ä ö y", "- - n m t p r ng"),
    "hu": ("b p m f v d t n l g k s sz cs zs z gy h -", "a á e é i o ö u ü ő", "- - n m t p b k"),
    "vi": ("b p m ph v đ t n l g kh ch s th tr nh -", "a e i o u ơ ư ê ô à á ả", "- - n m ng t p c"),
    "ru": ("б п м ф в д т н л г к ш ч ж с з р х -", "а е и о у ы я ю ё э", "- - н м т п б р л"),
    "el": ("μπ π μ φ β δ τ ν λ γ κ σ ζ ρ χ θ ψ -", "α ε ι ο ου ω η αι", "- - ς ν"),
    "hi": ("ब प म फ व द त न ल ग क श च ज स र ह भ", "ा ि ी ु ू े ै ो ौ", "- - न म त प"),
    "ja": ("-", "あ い う え お ば び ぶ べ ぼ ぱ ぴ ぷ ぺ ぽ ま み む め も か き く さ し す た ち つ な に は ひ ふ や ゆ よ ら り る れ ろ わ", "- - - ん"),
    "ko": ("-", "바 비 부 보 버 마 미 무 모 머 파 피 푸 포 파 가 나 다 라 사 자 차 하 기 니 디 시 지 고 노 도 로 수 주 우 아 이 오 어 밤 밥 맙 감 남 답", "-"),
    "ar": ("ب م ف و د ت ن ل ك ش س ر ح ج ع", "َا ِي ُو َ ِ ُ", "- - ن م ت ب"),
}


def rare_words():
    """Words of the dictionary, or everyday ones where it is not installed."""
    if not DICTIONARY.exists():
        return COMMON
    with open(DICTIONARY, errors="replace") as file:
        return sorted({match.group(1) for match in (re.match(r'\("([a-z]{2,12})" ', line) for line in file) if match})


def english(chance, rare):
    """Six to thirteen words."""
    words = [chance.choice(COMMON) if chance.random() < 0.75 else chance.choice(rare) for _ in range(chance.randint(6, 13))]
    return _with_comma(chance, words, 0.5) + chance.choice("..?!")


def pinyin(chance):
    """Eight to sixteen legal syllables with tones."""
    words = [chance.choice(SYLLABLES) + str(chance.randint(1, 4)) for _ in range(chance.randint(8, 16))]
    return _with_comma(chance, words, 0.6) + "."


def foreign(chance, language):
    """Words of one to three syllables in the spelling of `language`."""
    onsets, vowels, codas = (part.split() for part in SPELLING[language])
    pick = lambda options: chance.choice(options).replace("-", "")
    syllable = lambda: pick(onsets) + pick(vowels) + pick(codas)
    words = ["".join(syllable() for _ in range(chance.randint(1, 3))) for _ in range(chance.randint(6, 11))]
    return _with_comma(chance, words, 0.5) + "."


def _with_comma(chance, words, share):
    if chance.random() < share:
        words.insert(chance.randint(2, len(words) - 2), ",")
    return " ".join(words).replace(" ,", ",")
