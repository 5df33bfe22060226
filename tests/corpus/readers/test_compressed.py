from __future__ import annotations

import bz2
import gzip
import lzma
import zlib

import pytest
from tests.corpus.material import docx, story, zipped

from mbegu.corpus.findings import DAMAGED, TOO_LARGE, UNSUPPORTED, ReadError

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


def asking_for_4_gb(packed: bytes) -> bytes:
    """Return an xz file whose head asks for the largest dictionary there is: a byte behind the mark of its kind, and the checksum of the head."""
    head, size = 12, 4 * (packed[12] + 1)
    block = bytearray(packed[head : head + size - 4])
    block[4] = 40
    return packed[:head] + bytes(block) + zlib.crc32(block).to_bytes(4, "little") + packed[head + size :]


def test_an_xz_file_is_given_a_bounded_memory(read) -> None:  # type: ignore[no-untyped-def]
    packed = lzma.compress(story(1).encode())
    assert read("a.txt.xz", packed).texts == [story(1)]
    for content in (asking_for_4_gb(packed), packed + asking_for_4_gb(packed)):
        with pytest.raises(ReadError, match=r"to unpack it takes more than 256\.0 MB of memory") as caught:
            read("a.txt.xz", content)
        assert caught.value.reason == TOO_LARGE


def test_xz_files_that_follow_each_other_are_read_as_one(read) -> None:  # type: ignore[no-untyped-def]
    packed = lzma.compress(story(1).encode())
    for between, behind in ((b"", b""), (bytes(8), bytes(4)), (b"", b"no xz")):
        assert read("a.txt.xz", packed + between + lzma.compress(story(2).encode()) + behind).texts == [story(1) + story(2)]
