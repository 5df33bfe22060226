from __future__ import annotations

from mbegu.corpus.report.grouping import LOOSE, MOST_GROUPS, OTHERS, Grouping
from mbegu.corpus.report.roots import Roots
from mbegu.corpus.source import file_of


def groups(files: dict[str, int], roots: Roots | None = None) -> set[str]:
    grouping = Grouping(files, roots or Roots([]))
    return {grouping.of(f"{name}#7") for name in files}


def test_the_place_inside_a_file_does_not_count():
    assert file_of("a/b.csv#17:40") == "a/b.csv"


def test_folders_are_groups_and_a_large_one_is_divided():
    files = {"news/a/1.txt": 40, "news/a/2.txt": 10, "news/b/1.txt": 20, "news/b/2.txt": 10, "tales/1.txt": 15, "tales/2.txt": 5}
    assert groups(files) == {"news/a", "news/b", "tales"}


def test_a_folder_that_holds_one_folder_is_that_folder():
    files = {f"raw/yor/{name}/{i}.txt": 40 for name in "xy" for i in range(2)}
    assert groups(files | {"web/1.txt": 20}) == {"raw/yor/x", "raw/yor/y", "web/1.txt"}


def test_a_single_file_is_its_own_group():
    assert groups({"all.jsonl": 9}) == {"all.jsonl"}


def test_many_loose_files_go_together():
    assert groups({f"{i}.txt": 1 for i in range(50)} | {"letters/1.txt": 3, "letters/2.txt": 3}) == {LOOSE, "letters"}


def test_never_more_groups_than_fit_and_the_smallest_go_together():
    found = groups({f"d{i}/{j}.txt": 100 - i for i in range(40) for j in range(2)})
    assert len(found) == MOST_GROUPS and OTHERS in found and "d0" in found and "d39" not in found


def test_a_source_that_was_not_counted_goes_with_the_others():
    assert Grouping({"a/1.txt": 1, "b/1.txt": 1}, Roots([])).of("c/9.txt") == OTHERS


def test_folders_of_the_same_name_are_told_apart():
    roots = Roots(["/home/ayo/raw/yor", "/home/ayo/masakhanews/yor"])
    files = {f"yor/{name}/{i}.txt": 1 for name in "ab" for i in range(2)}
    assert groups(files | {"yor~2/t.tsv": 2}, roots) == {"raw/yor/a", "raw/yor/b", "masakhanews/yor/t.tsv"}
