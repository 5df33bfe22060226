"""Check digits, dates and other structure by which private numbers tell themselves from other numbers.

Each function takes the number as ASCII letters and digits without separators and says whether it passes. ``numbers.toml`` names them.
"""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable

Check = Callable[[str], bool]

# Multiplication in the dihedral group D5, and the permutation that Verhoeff applies by place.
# Source: J. Verhoeff, Error Detecting Decimal Codes, Mathematical Centre Tracts 29, 1969.
_PERMUTATION = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)

# Length of the IBAN by country. Source: SWIFT IBAN registry, version 101.
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29, "BY": 28, "CH": 21, "CR": 22,
    "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22,
    "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30,
    "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20,
    "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22,
    "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26,
    "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip
# Not in the registry but in use. Source: the central banks of West and Central African states and of the countries themselves.
_IBAN_LENGTHS |= {"AO": 25, "BF": 28, "BJ": 28, "CF": 27, "CG": 27, "CI": 28, "CM": 27, "CV": 25, "DZ": 26, "GA": 27, "GQ": 27, "GW": 25}
_IBAN_LENGTHS |= {"KM": 27, "MA": 28, "MG": 27, "ML": 28, "MZ": 25, "NE": 28, "SN": 28, "TD": 27, "TG": 28}

# Countries whose citizens may hold a Ghanaian residence card under their own code, and Ghana. Source: ISO 3166-1 alpha-3 of the members of ECOWAS
# and of the countries most residents come from.
_GHANA_CODES = {
    "GHA",
    "NGA",
    "TGO",
    "BFA",
    "CIV",
    "BEN",
    "MLI",
    "NER",
    "SEN",
    "GMB",
    "GIN",
    "GNB",
    "SLE",
    "LBR",
    "CPV",
    "IND",
    "CHN",
    "LBN",
    "GBR",
    "USA",
}
_EGYPT_GOVERNORATES = {*range(1, 5), *range(11, 20), *range(21, 30), *range(31, 36), 88}


def luhn(number: str) -> bool:
    """Whether the last digit is right by the formula of ISO/IEC 7812-1, annex B."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def verhoeff(number: str) -> bool:
    """Whether the last digit is right by Verhoeff's formula (dihedral group D5)."""
    state = 0
    for place, digit in enumerate(reversed(number)):
        state = _d5_product(state, _permuted(int(digit), place % 8))
    return state == 0


def payment_card(number: str) -> bool:
    """Whether a number can be a payment card's: it passes Luhn, is not one digit repeated and no round amount."""
    return len(set(number)) > 1 and not number.endswith("000000") and luhn(number)


def iban(number: str) -> bool:
    """Whether length and check digits fit the country. Source: ISO 13616-1, ISO 7064 (modulo 97-10)."""
    if len(number) != _IBAN_LENGTHS.get(number[:2]):
        return False
    return int("".join(str(int(each, 36)) for each in number[4:] + number[:4])) % 97 == 1


def south_africa_id(number: str) -> bool:
    """Whether the first six digits are a date YYMMDD and the last is the Luhn digit."""
    return _is_month_and_day(number[2:4], number[4:6]) and luhn(number)


def birth_date_first(number: str) -> bool:
    """Whether the number begins with a date YYYYMMDD."""
    return _is_date(number[:4], number[4:6], number[6:8])


def egypt_id(number: str) -> bool:
    """Whether century and date are right and the governorate exists."""
    century = {"2": "19", "3": "20"}[number[0]]
    return _is_date(century + number[1:3], number[3:5], number[5:7]) and int(number[7:9]) in _EGYPT_GOVERNORATES


def ghana_card(number: str) -> bool:
    """Whether the three letters are a country whose people hold the card, and the digits are not all zero."""
    return number[:3] in _GHANA_CODES and set(number[3:]) != {"0"}


CHECKS: dict[str, Check] = {
    check.__name__: check for check in (luhn, verhoeff, payment_card, iban, south_africa_id, birth_date_first, egypt_id, ghana_card)
}


def _d5_product(left: int, right: int) -> int:
    """Multiply in the dihedral group of order ten: 0 to 4 are turns, 5 to 9 are reflections."""
    if left < 5:
        return (left + right) % 5 if right < 5 else 5 + (left + right - 5) % 5
    return 5 + (left - 5 - right) % 5 if right < 5 else (left - right) % 5


@functools.cache
def _permuted(digit: int, times: int) -> int:
    return digit if times == 0 else _PERMUTATION[_permuted(digit, times - 1)]


def _is_month_and_day(month: str, day: str) -> bool:
    return _is_date("2000", month, day)  # a leap year: the 29th of February counts


def _is_date(year: str, month: str, day: str) -> bool:
    try:
        return datetime.date(int(year), int(month), int(day)) <= datetime.date(2100, 1, 1)
    except ValueError:
        return False
