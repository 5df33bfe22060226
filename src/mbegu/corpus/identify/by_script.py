"""Scripts that write one language only, as far as text in digital form goes: they give it away without any teaching.

Source: CLDR's likely subtags, as ISO 639-3 codes; N'Ko is given its own code (CLDR: Mandingo) and Mandaic the modern language.
Scripts of several languages (Arabic, Bengali, Cyrillic, Devanagari, Ethiopic, Hebrew, Latin, Myanmar, Tifinagh, Tibetan, ...) are not here:
these have to be taught, or are left to the kept library. Adlam is given as Fula whatever its variety.
"""

from __future__ import annotations

SCRIPT_CERTAINTY = 0.9  # an allowance of ours for small languages that borrow a neighbour's script
ONE_LANGUAGE = {
    "Adlm": "ful", "Armn": "hye", "Bamu": "bax", "Cakm": "ccp", "Cher": "chr", "Copt": "cop", "Geor": "kat", "Grek": "ell", "Gujr": "guj",
    "Guru": "pan", "Hang": "kor", "Hira": "jpn", "Kana": "jpn", "Khmr": "khm", "Knda": "kan", "Laoo": "lao", "Limb": "lif", "Lisu": "lis",
    "Mand": "mid", "Medf": "dmf", "Mend": "men", "Mlym": "mal", "Mtei": "mni", "Nkoo": "nqo", "Olck": "sat", "Orya": "ori", "Osge": "osa",
    "Plrd": "hmd", "Rohg": "rhg", "Saur": "saz", "Sinh": "sin", "Sylo": "syl", "Taml": "tam", "Tale": "tdd", "Talu": "khb", "Tavt": "blt",
    "Telu": "tel", "Thaa": "div", "Thai": "tha", "Vaii": "vai", "Wara": "hoc", "Yiii": "iii",
}  # fmt: skip
