from __future__ import annotations

import pytest

from mbegu.corpus.report.masked import masked_excerpt


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pe +234 803 123 4567", "pe […]"),
        ("pe 0803-123-4567.", "pe […]."),
        ("٠٨٠٣١٢٣٤٥٦٧", "[…]"),
        ("kọ sí bola.ade@example.org ní ọ̀la", "kọ sí […] ní ọ̀la"),
        ("ní 1999 àti 2000", "ní 1999 àti 2000"),
        ("₦ 45,000", "₦ 45,000"),
        ("@ayo sọ pé", "@ayo sọ pé"),
    ],
)
def test_addresses_and_long_numbers_are_covered(text, shown):
    assert masked_excerpt(text, 100) == shown


def test_a_number_at_the_cut_is_covered_too():
    assert "0803" not in masked_excerpt("ọ" * 95 + " 08031234567", 100)
