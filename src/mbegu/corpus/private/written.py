"""Private items that a sign gives away: e-mail addresses (@), web addresses with a password or token (://), coordinates, hardware addresses.

Each sign is looked for first, which costs next to nothing; patterns are tried only around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mbegu.corpus.private.found import Found
from mbegu.corpus.private.numbers import TO_ASCII

_LOCAL_MOST = 64  # RFC 5321, section 4.5.3.1
_DOMAIN_MOST = 255
# RFC 5322 dot-atom, with the letters of any script (RFC 6532).
_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+$")
# A last part of Latin letters without marks ends where they end: another script, a line of emphasis or a long number may be written on.
_DOMAIN = re.compile(
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+(?:xn--[a-z0-9-]+(?!\w)|[a-z]{2,24}(?![a-z]|\d{1,6}(?!\d))|[^\W\d_]{2,24}(?!\w))", re.IGNORECASE
)
# Written so that machines do not find it: name (at) place (dot) org, in the brackets people use.
_AT_SPELLED = re.compile(r"[(\[{]\s?(?:at|@)\s?[)\]}]", re.IGNORECASE)
_SPELLED_LOCAL = re.compile(r"[\w.+-]{1,64}\s?$")
_SPELLED_DOMAIN = re.compile(r"\s?[\w-]+(?:\s?(?:\.|[(\[{]\s?dot\s?[)\]}])\s?[\w-]{2,})+", re.IGNORECASE)
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{1,20}$")
_ADDRESS = re.compile(r"://[^\s<>\"'「」]+")
_SECRET = re.compile(
    r"://[^/\s@:]+:[^/\s@]+@|[?&;#](?:access_?|auth_?|refresh_?|id_?|api_?|session_?|reset_?)?"
    r"(?:token|key|pass(?:word|wd)?|pwd|secret|sig(?:nature)?|session(?:id)?|sid|otp|jwt|code)=[^&\s]{6,}",
    re.IGNORECASE,
)
_MAC = re.compile(r"(?<![\w:-])(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])")
_HEX_SIGN = re.compile(r":[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{1,4}:|-[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2}-")
_HEX_MOST = 40
_IPV6 = re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{1,4}:){2,7}(?::?[0-9A-Fa-f]{1,4}){1,6}(?![\w:])")
_NUMBER = r"[-+−]?\d{1,3}[.,]\d{4,20}"  # programs write sixteen decimals and more
_PAIR_MOST = 80
_DECIMALS = re.compile(r"\d[.,]\d{4}")
# Four decimals are 11 m: the place of a house. A point by itself stays: both numbers must be there, with latitude up to 90 and longitude up to 180.
_PAIR = re.compile(rf"(?<![\d.,])({_NUMBER})(?:\s?°)?(?:\s?[NSns])?\s?[,;/| ]\s?({_NUMBER})(?:\s?°)?(?:\s?[EWOewo]\b)?(?!\d)")
_DEGREES = re.compile(
    r"(?<!\d)\d{1,2}\s?°\s?\d{1,2}\s?[′'’]\s?(?:\d{1,2}(?:[.,]\d+)?\s?(?:[″\"”]|''|′′)?)?\s?[NSns]\b[\s,;]{0,3}"
    r"\d{1,3}\s?°\s?\d{1,2}\s?[′'’]\s?(?:\d{1,2}(?:[.,]\d+)?\s?(?:[″\"”]|''|′′)?)?\s?[EWOewo]\b"
)


def find_written(text: str) -> Iterator[Found]:
    """Yield e-mail addresses, web addresses with secrets, coordinates and hardware addresses, in no particular order."""
    if "://" in text:
        yield from _secret_urls(text)
    if "@" in text:
        yield from _emails(text)
    yield from _spelled_emails(text)
    if "°" in text:
        yield from (Found(match.start(), match.end(), "COORDINATES") for match in _DEGREES.finditer(text))
    yield from _pairs(text)
    yield from _hardware_addresses(text)


def _secret_urls(text: str) -> Iterator[Found]:
    for match in _ADDRESS.finditer(text):
        scheme = _SCHEME.search(text, max(0, match.start() - 21), match.start())
        if scheme and _SECRET.search(match[0]):
            yield Found(scheme.start(), match.start() + len(match[0].rstrip(".,;:)")), "PRIVATE-URL")


def _emails(text: str) -> Iterator[Found]:
    at = text.find("@")
    while at >= 0:
        domain = _DOMAIN.match(text, at + 1, at + 1 + _DOMAIN_MOST)
        local = _LOCAL.search(text, max(0, at - _LOCAL_MOST), at) if domain else None
        if local and domain:
            start = local.start() + len(local[0]) - len(local[0].lstrip("._'`*/=?!"))
            if start < at:
                yield Found(start, domain.end(), "EMAIL")
        at = text.find("@", at + 1)


def _spelled_emails(text: str) -> Iterator[Found]:
    for at in _AT_SPELLED.finditer(text):
        local = _SPELLED_LOCAL.search(text, max(0, at.start() - _LOCAL_MOST), at.start())
        domain = _SPELLED_DOMAIN.match(text, at.end())
        if local and domain:
            yield Found(local.start(), domain.end(), "EMAIL")


def _pairs(text: str) -> Iterator[Found]:
    for sign in _DECIMALS.finditer(text):
        match = _PAIR.search(text, max(0, sign.start() - 4), sign.start() + _PAIR_MOST)
        if match and match.start() <= sign.start() < match.end():
            latitude, longitude = (abs(_value(match[part])) for part in (1, 2))
            if latitude <= 90 and longitude <= 180 and sum("." in match[part] or "," in match[part] for part in (1, 2)) == 2:
                yield Found(match.start(), match.end(), "COORDINATES")


def _hardware_addresses(text: str) -> Iterator[Found]:
    """Yield addresses of network cards (EUI-48, IEEE 802) and of computers (IPv6, RFC 4291)."""
    for sign in _HEX_SIGN.finditer(text):
        lowest, highest = max(0, sign.start() - _HEX_MOST), sign.end() + _HEX_MOST
        yield from (Found(match.start(), match.end(), "MAC-ADDRESS") for match in _MAC.finditer(text, lowest, highest))
        yield from (Found(match.start(), match.end(), "IP-ADDRESS") for match in _IPV6.finditer(text, lowest, highest) if _is_ipv6(match[0]))


def _value(number: str) -> float:
    return float(number.translate(TO_ASCII).replace(",", ".").replace("−", "-"))


def _is_ipv6(text: str) -> bool:
    import ipaddress

    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return address.version == 6 and text.count(":") >= 3 and any(each.isalpha() for each in text)
