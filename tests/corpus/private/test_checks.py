from __future__ import annotations

import pytest

from mbegu.corpus.private import checks


def with_one_digit_changed(number: str) -> list[str]:
    return [number[:place] + str((int(each) + 1) % 10) + number[place + 1 :] for place, each in enumerate(number) if each.isdigit()]


@pytest.mark.parametrize("number", ["79927398713", "4111111111111111", "378282246310005", "5555555555554444"])
def test_luhn_knows_published_examples_and_sees_every_wrong_digit(number: str) -> None:
    assert checks.luhn(number)
    assert not any(checks.luhn(wrong) for wrong in with_one_digit_changed(number))


@pytest.mark.parametrize("number", ["2363", "123451", "758722"])  # examples of Verhoeff's scheme in textbooks
def test_verhoeff_knows_published_examples_and_sees_every_wrong_digit(number: str) -> None:
    assert checks.verhoeff(number)
    assert not any(checks.verhoeff(wrong) for wrong in with_one_digit_changed(number))
    swapped = [number[:at] + number[at + 1] + number[at] + number[at + 2 :] for at in range(len(number) - 1) if number[at] != number[at + 1]]
    assert not any(checks.verhoeff(wrong) for wrong in swapped)


@pytest.mark.parametrize(
    "number", ["GB82WEST12345698765432", "DE89370400440532013000", "EG380019000500000000263180002", "MU17BOMM0101101030300200000MUR"]
)
def test_iban_knows_the_examples_of_the_registry(number: str) -> None:
    assert checks.iban(number)
    assert not any(checks.iban(wrong) for wrong in with_one_digit_changed(number))
    assert not checks.iban(number[:-1])
    assert not checks.iban("XX" + number[2:])


def test_payment_cards_are_neither_one_digit_nor_round() -> None:
    assert checks.payment_card("4111111111111111")
    assert not checks.payment_card("0000000000000000")
    assert not checks.payment_card("6973166053886000000")


def test_dates_inside_numbers_must_exist() -> None:
    assert checks.south_africa_id("8001015009087")
    assert not checks.south_africa_id("8013015009084")  # no month 13; Luhn is right
    assert checks.birth_date_first("19850229" + "0" * 12) is False
    assert checks.birth_date_first("19840229" + "0" * 12) is True
    assert checks.egypt_id("29001011234567")
    assert not checks.egypt_id("29002301234567")
    assert not checks.egypt_id("29001019934567")


def test_ghana_card_names_a_country() -> None:
    assert checks.ghana_card("GHA1234567890")
    assert not checks.ghana_card("GHA0000000000")
    assert not checks.ghana_card("ISO1234567890")
