"""Whether two language codes name the same language, as different kinds of files write them."""

from __future__ import annotations

from functools import lru_cache


def same_language(first: str, second: str) -> bool:
    """Whether two codes name one language: ``sw``, ``swa``, ``swh_Latn`` and ``sw-KE`` do; script and region do not count.

    An empty code is the same as none. A macrolanguage of ISO 639-3 is the same as the language that its short code is most used for
    (``swa`` and ``swh``), for older files write the one and mean the other.
    """
    return bool(first and second) and main_code(first) == main_code(second)


@lru_cache(maxsize=1024)
def main_code(code: str) -> str:
    """Return the ISO 639-3 code of a tag such as ``sw-KE``, ``swa`` or ``swh_Latn``; the code itself where no list knows it."""
    import iso639

    main = code.replace("_", "-").split("-")[0].lower()
    if len(main) == 2:
        try:
            return _INDIVIDUAL.get(iso639.Language.from_part1(main).part3, iso639.Language.from_part1(main).part3)
        except iso639.LanguageNotFoundError:
            return main
    return _INDIVIDUAL.get(main, main)


# ISO 639-3 macrolanguage codes and the individual language that corpora mean by them: FLORES-200 and Tesseract's and Wikimedia's lists.
_INDIVIDUAL = {
    "swa": "swh",
    "orm": "gaz",
    "nep": "npi",
    "ori": "ory",
    "mlg": "plt",
    "est": "ekk",
    "lav": "lvs",
    "aze": "azj",
    "uzb": "uzn",
    "ara": "arb",
}
