from __future__ import annotations

import pytest

from mbegu.corpus.rewrite.zawgyi import zawgyi_share


@pytest.mark.parametrize("text", ["မြန်မာစာ ကောင်းသည်။", "ကျွန်တော် စာဖတ်သည်", "နေကောင်းလား"])
def test_unicode_is_known(text: str) -> None:
    share = zawgyi_share(text)
    assert share is not None
    assert share < 0.2


@pytest.mark.parametrize(
    "text",
    [
        "\u1031\u1000\u102c\u1004\u1039\u1038\u101e\u100a\u1039\u104b",  # e before its consonant, visible U+1039
        "\u103b\u1019\u1014\u1039\u1019\u102c",  # medial ra before its consonant
        "\u1000\u103a\u103c\u1014\u1039\u1031\u1010\u102c\u1039",
    ],
)
def test_zawgyi_is_known(text: str) -> None:
    share = zawgyi_share(text)
    assert share is not None
    assert share >= 0.5


@pytest.mark.parametrize("text", ["", "ilé", "ကမ"])
def test_without_a_sign_nothing_is_said(text: str) -> None:
    assert zawgyi_share(text) is None
