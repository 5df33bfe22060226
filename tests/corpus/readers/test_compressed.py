from __future__ import annotations

import bz2
import gzip
import lzma

import pytest
from tests.corpus.material import docx, story, zipped

from mbegu.corpus.findings import DAMAGED, UNSUPPORTED, ReadError

PACKERS = {".bz2": bz2.compress, ".gz": gzip.compress, ".xz": lzma.compress}


@pytest.mark.parametrize("ending", PACKERS)
def test_the_ending_below_says_how_it_is_read(read, ending: str) -> None:  # type: ignore[no-untyped-def]
    pack = PACKERS[ending]
    assert read(f"a.csv{ending}", pack(b"n,body\n1,\xe1\xbb\x8dr\xe1\xbb\x8d gigun ni eyi o\n")).texts == ["ọrọ gigun ni eyi o"]
    assert read(f"a.docx{ending}", pack(docx(["ọ̀rọ̀"]))).texts == ["ọ̀rọ̀\n"]
    assert read("a.zip", zipped({f"b/a.txt{ending}": pack(story(1).encode())})).places == [f"a.zip/b/a.txt{ending}"]
    assert read(f"a.csv{ending}{ending}", pack(pack(b"n,body\n1,a long cell of words\n"))).places == [f"a.csv{ending}{ending}#2"]
    with pytest.raises(ReadError) as caught:
        read(f"a.tar{ending}", pack(bytes(2000)))
    assert caught.value.reason == UNSUPPORTED


@pytest.mark.parametrize("ending", PACKERS)
@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: data[:30] + bytes(20) + data[50:], lambda data: b"no" + data])
def test_damage_is_told(read, ending: str, damage) -> None:  # type: ignore[no-untyped-def]
    import random

    data = PACKERS[ending](random.Random(1).randbytes(3000).hex().encode())
    try:
        made = read(f"a.txt{ending}", damage(data))
    except ReadError as error:
        assert error.reason == DAMAGED
    else:
        assert [drop.reason for drop in made.findings.drops] == [DAMAGED]
