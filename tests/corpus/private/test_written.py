from __future__ import annotations

import time

import pytest

from mbegu.corpus.private import Redactor

ANYWHERE = Redactor([])


@pytest.mark.parametrize(
    "address",
    [
        "a.b@c.co.za",
        "ọlá@ilé.ng",
        "x+news@sub.example.org",
        "j_o-2@posta.co.tz",
        "o'neil@example.com",
        "user (at) example (dot) org",
        "user[at]example.org",
        "a@b.xn--p1ai",
    ],
)
def test_mail_addresses(address: str) -> None:
    assert ANYWHERE.redact(f"Kọ̀wé sí {address}, jọ̀wọ́").text == "Kọ̀wé sí [EMAIL], jọ̀wọ́"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("_abc@mail.org_", "_[EMAIL]_"),
        ("abc@mail.org0712345678", "[EMAIL][PHONE]"),
        ("abc@mail.org请联系我们", "[EMAIL]请联系我们"),
        ("abc@mail.orgን ጻፉ", "[EMAIL]ን ጻፉ"),
        ("abc@mail.co.keติดต่อเรา", "[EMAIL]ติดต่อเรา"),
        ("x@v1.beta2 na x@10.km2", "x@v1.beta2 na x@10.km2"),
    ],
)
def test_what_is_written_on_to_a_mail_address_hides_nothing(text: str, expected: str) -> None:
    assert Redactor(["KE"]).redact(text).text == expected


def test_a_secret_is_found_in_a_text_without_any_other_sign() -> None:
    assert ANYWHERE.redact("wo https://example.org/reset?token=abcdefghijk o").text == "wo [PRIVATE-URL] o"


@pytest.mark.parametrize("text", ["@user ni", "RT @ade: ẹ", "5 @ 3", "a@b", "3@4.5", "kati ya (at) saa", "https://example.org/@ade/1"])
def test_an_at_sign_alone_is_no_address(text: str) -> None:
    assert ANYWHERE.redact(text).text == text


@pytest.mark.parametrize("address", ["https://x.org/r?token=abcdef12", "http://ade:secret1@x.org/", "ftp://x.org/?a=1&api_key=0123456789"])
def test_web_addresses_with_secrets(address: str) -> None:
    assert ANYWHERE.redact(f"wo {address}.").text.startswith("wo [PRIVATE-URL]")


@pytest.mark.parametrize(
    "address", ["https://x.org/token/abcdef", "https://x.org/?page=123456", "http://x.org:8080/a@b", "https://bbc.com/hausa-51234567"]
)
def test_plain_web_addresses_stay(address: str) -> None:
    assert ANYWHERE.redact(f"wo {address} o").text == f"wo {address} o"


@pytest.mark.parametrize(
    "place",
    [
        "-1.29210, 36.82190",
        "-1.2921,36.8219",
        "-1.2920659156421863, 36.82194614410401",
        "-11.29206591564218631234° S, 136.82194614410401123456° E",
        "6.52440° N, 3.37920° E",
        "1°17′31″S 36°49′19″E",
        "9° 4' 20\" N, 7° 29' 30\" E",
        "3.32278°N 42.21306°E",
    ],
)
def test_coordinates(place: str) -> None:
    assert ANYWHERE.redact(f"ibẹ̀: {place}; ni").text == "ibẹ̀: [COORDINATES]; ni"


@pytest.mark.parametrize("text", ["3.1416, ó", "36.8°C", "1.2921 nikan", "0.1234, 512.12345 kg", "45° lọ́nà", "1,2345 àti 2"])
def test_other_decimals_and_degrees_stay(text: str) -> None:
    assert ANYWHERE.redact(text).text == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00:1A:2B:3C:4D:5E", "[MAC-ADDRESS]"),
        ("00-1a-2b-3c-4d-5e", "[MAC-ADDRESS]"),
        ("2001:db8:85a3::8a2e:370:7334", "[IP-ADDRESS]"),
        ("10:20:30:40", "10:20:30:40"),
        ("3:16:2", "3:16:2"),
    ],
)
def test_addresses_of_machines(text: str, expected: str) -> None:
    assert ANYWHERE.redact(f"x {text} y").text == f"x {expected} y"


@pytest.mark.parametrize(
    "text",
    [
        "@" * 100_000,
        "a@a." * 50_000,
        "://" * 100_000,
        "1.23456," * 50_000,
        "(at)" * 50_000,
        "1° " * 50_000,
        ":aa:bb:" * 50_000,
        "a." * 100_000 + "@",
        "1.12345678901234567890," * 10_000,
    ],
)
def test_hostile_rows_of_signs_end_soon(text: str) -> None:
    began_s = time.process_time()
    ANYWHERE.redact(text)
    assert time.process_time() - began_s < 20
