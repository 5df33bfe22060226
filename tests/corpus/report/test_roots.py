from __future__ import annotations

from mbegu.corpus.report.roots import Roots


def test_one_folder_tells_its_own_name():
    roots = Roots(["/home/ayo/masakhanews/yor"])
    assert roots.telling("test.tsv#3") == "masakhanews/yor/test.tsv#3"
    assert roots.readable("test.tsv#3") == "test.tsv#3"


def test_several_folders_stand_in_the_source_by_their_last_name():
    roots = Roots([r"C:\Users\ayo\news\yor", r"D:\yor", r"D:\tales"])
    assert roots.telling("yor/1.txt") == "news/yor/1.txt"
    assert roots.telling("yor~2/1.txt") == "yor/1.txt"
    assert roots.readable("yor/1.txt") == "news/yor/1.txt"
    assert roots.readable("tales/1.txt") == "tales/1.txt"


def test_what_is_not_known_stays():
    for roots in (Roots([]), Roots(["", "."]), Roots(["a.txt", "b"])):
        assert roots.readable("x/1.txt") == "x/1.txt" and roots.readable("a.txt") == "a.txt"
