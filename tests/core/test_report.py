from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest

from mbegu.core import report
from mbegu.core.errors import ResourceError
from mbegu.core.report import Say, display_width, format_table, plain, plain_lines, write_out, write_result


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def old_windows() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="cp1252", newline="\n")


def test_a_table_is_aligned_numbers_right_words_left() -> None:
    table = format_table(["language", "bytes", "bits"], [["yor", 1234567, 1.5], ["Amharic", 8, 10.25]])
    assert table.splitlines() == [
        "language      bytes    bits",
        "────────  ─────────  ──────",
        "yor       1,234,567   1.500",
        "Amharic           8  10.250",
    ]


def test_marks_and_wide_letters_do_not_break_the_columns() -> None:
    rows = [["Ẹ̀kọ́", 1], ["Ekoo", 22], ["ߒߞߏ߬", 3], ["日本", 4], ["አማርኛ", 5]]
    lines = format_table(["text", "n"], rows).splitlines()
    assert {display_width(line) for line in lines} == {len("Ekoo") + 2 + 2}
    assert display_width("Ẹ̀kọ́") == 4 - 1


def test_a_column_with_a_word_in_it_is_left_and_truth_is_a_word() -> None:
    lines = format_table(["x", "ok"], [[1, True], ["not measured", False]]).splitlines()
    assert lines[2:] == ["1             yes", "not measured  no"]


def test_a_table_without_rows_is_its_head() -> None:
    assert format_table(["a", "bc"], []).splitlines() == ["a  bc", "─  ──"]


def test_what_is_not_a_terminal_gets_no_progress() -> None:
    stream = io.StringIO()
    say = Say(stream)
    for done in range(0, 100, 10):
        say.progress(done, 100, "documents")
    assert stream.getvalue() == ""


def test_a_terminal_gets_progress_with_time_left_and_it_is_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(report.time, "monotonic", lambda: float(next(clock)))
    stream = Terminal()
    say = Say(stream)
    say.progress(0, 100, "documents")
    say.progress(25, 100, "documents")
    assert stream.getvalue().endswith(" 25 %  25 of 100 documents, 30 s left")
    say.done("ready")
    drawn = len("   25 %  25 of 100 documents, 30 s left")
    assert stream.getvalue().endswith("\r" + " " * drawn + "\r  ✓ ready\n")


def test_time_left_follows_the_share_of_the_work_where_one_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(report.time, "monotonic", lambda: float(next(clock)))
    stream = Terminal()
    say = Say(stream)
    say.progress(10, 30, "steps", 0.25)
    say.progress(20, 30, "steps", 0.5)
    assert stream.getvalue().endswith(" 50 %  20 of 30 steps, 20 s left")


def test_progress_of_an_unknown_total_and_beyond_the_total() -> None:
    stream = Terminal()
    say = Say(stream)
    say.progress(1200, 0, "lines")
    assert "1,200 lines" in stream.getvalue()
    say.progress(5, 4, "lines")
    assert "-" not in stream.getvalue()


def test_progress_is_not_drawn_too_often() -> None:
    stream = Terminal()
    say = Say(stream)
    for done in range(1, 1000):
        say.progress(done, 1000, "lines")
    assert stream.getvalue().count("of 1,000") <= 2


def test_quiet_says_only_warnings() -> None:
    stream = Terminal()
    say = Say(stream, quiet=True)
    say.title("a")
    say.note("b")
    say.done("c")
    say.progress(1, 2, "d")
    say.table(["e"], [["f"]])
    assert stream.getvalue() == ""
    say.warn("g")
    assert stream.getvalue() == "  ! g\n"


def test_a_stream_of_an_old_code_page_gets_what_it_can_show() -> None:
    stream = old_windows()
    say = Say(stream)
    say.title("Yorùbá")
    say.done("ẹ̀kọ́ አማርኛ")
    say.table(["é"], [["é"]])
    stream.seek(0)
    text = stream.read()
    assert "Yorùbá" in text
    assert "?" in text
    assert "é" in text


def test_results_go_to_stdout_as_utf8_text_or_json(monkeypatch: pytest.MonkeyPatch) -> None:
    out = old_windows()
    monkeypatch.setattr(sys, "stdout", out)
    write_result({"language": "ẹ̀kọ́"}, as_json=False, text="አማርኛ")
    write_result({"language": "ẹ̀kọ́"}, as_json=True, text="no")
    raw = out.buffer.getvalue()  # type: ignore[attr-defined]
    first, rest = raw.decode("utf-8").split("\n", 1)
    assert first == "አማርኛ"
    assert json.loads(rest) == {"language": "ẹ̀kọ́"}
    assert "ẹ̀kọ́" in rest


def test_text_of_others_commands_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = "a\x1b[2J\nb\u202e\x9b\r\u2028c"
    assert plain(bad) == "a\ufffd[2J\ufffdb\ufffd\ufffd\ufffd\ufffdc"
    kept = "ẹ̀kọ́ አማርኛ ߒߞߏ می\u200cخواهم \u200f ខ្មែរ\u200bភាសា\t1"
    assert plain(kept) == kept
    assert format_table(["file"], [[bad]]).count("\n") == 2
    out, stream = old_windows(), Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    write_result({}, as_json=False, text="one\x1b[31m\ntwo")
    assert out.buffer.getvalue().decode("utf-8") == "one\ufffd[31m\ntwo\n"  # type: ignore[attr-defined]
    say = Say(stream)
    for speak in (say.title, say.note, say.done, say.warn):
        speak("a\x1b[2J")
    assert "\x1b" not in stream.getvalue()


def test_json_commands_no_terminal_and_is_read_back_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    value = {"file\u202e": ["a\x9b2J\x1b\x7f\u2028\U000e0041", "ẹ̀kọ́ می\u200cخواهم"]}
    out = old_windows()
    monkeypatch.setattr(sys, "stdout", out)
    write_result(value, as_json=True, text="")
    written = out.buffer.getvalue().decode("utf-8")  # type: ignore[attr-defined]
    assert json.loads(written) == value
    assert plain_lines(written) == written
    assert "ẹ̀kọ́ می\u200cخواهم" in written


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_behind_stdout_is_said_and_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(ResourceError, match=r"the disk is full \(standard output\)\. Free some space"):
            write_result({}, as_json=False, text="label")


def test_a_reader_that_went_away_is_no_error_of_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", encoding="utf-8") as out:
        monkeypatch.setattr(sys, "stdout", out)
        with pytest.raises(BrokenPipeError):
            write_out("x" * 100)
        os.dup2(os.open(os.devnull, os.O_WRONLY), writer)
