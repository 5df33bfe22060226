from __future__ import annotations

from tests.corpus.material import sentence, story

from mbegu.corpus.cut import CutRule, Piece, RepeatedLines, cut, cut_rule
from mbegu.corpus.findings import REPEATED_LINE, Findings
from mbegu.corpus.lines import utf8_bytes

RULE = CutRule("auto", large_bytes=2000, block_bytes=600)


def pieces(text: str, rule: CutRule = RULE, repeated: bool = False) -> tuple[list[Piece], Findings]:
    findings = Findings()
    return list(cut([text], rule, "a.txt", findings, RepeatedLines() if repeated else None)), findings


def test_a_small_text_is_one_document() -> None:
    text = story(1)
    assert pieces(text)[0] == [Piece(text, 1, False)]


def test_a_large_text_is_cut_between_lines_and_keeps_every_line() -> None:
    text = story(1, sentences=60)
    made, findings = pieces(text)
    assert "".join(piece.text for piece in made) == text
    assert len(made) > 3
    assert all(150 <= utf8_bytes(piece.text) <= 1000 and piece.text.endswith("\n") and piece.cut for piece in made)
    assert (findings.cut_texts, findings.cut_blocks) == (1, len(made))


def test_blocks_name_their_first_line() -> None:
    text = story(1, sentences=60)
    for piece in pieces(text)[0]:
        assert text.split("\n")[piece.first_line - 1] == piece.text.split("\n")[0]


def test_blocks_end_at_blank_lines_where_there_are_some() -> None:
    paragraphs = [story(i, sentences=4) for i in range(20)]
    made, _ = pieces("\n".join(paragraphs))
    assert all(piece.text.rstrip("\n").split("\n")[-1] in {paragraph.rstrip("\n").split("\n")[-1] for paragraph in paragraphs} for piece in made)


def test_a_small_rest_is_joined_to_the_last_block() -> None:
    for lines in range(55, 75):
        made, _ = pieces(story(1, sentences=lines))
        assert "".join(piece.text for piece in made) == story(1, sentences=lines)
        assert all(utf8_bytes(piece.text) >= RULE.block_bytes / 4 for piece in made)


def test_a_single_long_line_is_cut_at_the_ends_of_sentences_and_the_report_says_so() -> None:
    text = story(1, sentences=60).replace("\n", " ")
    made, findings = pieces(text)
    assert "".join(piece.text for piece in made) == text
    assert max(utf8_bytes(piece.text) for piece in made) <= 800
    assert "blocks end inside a line" in findings.notes[0][1]


def test_a_file_is_one_document_when_the_recipe_says_so() -> None:
    text = story(1, sentences=60)
    assert pieces(text, CutRule("file", 2000, 600))[0] == [Piece(text, 1, False)]


def test_paragraphs_and_lines_as_documents() -> None:
    text = "ọkan\nméjì\n\n\nkẹta\n"
    assert [(piece.text, piece.first_line) for piece in pieces(text, CutRule("paragraph"))[0]] == [("ọkan\nméjì\n", 1), ("kẹta\n", 5)]
    assert [piece.text for piece in pieces(text, CutRule("line"))[0]] == ["ọkan", "méjì", "", "", "kẹta"]


def test_long_lines_that_came_before_are_left_out_short_ones_stay() -> None:
    long_line, refrain = sentence(7, words=20), "Ẹ kú iṣẹ́"
    text = "".join(f"{sentence(i)}\n{refrain}\n{long_line}\n" for i in range(100, 140))
    made, findings = pieces(text, repeated=True)
    whole = "".join(piece.text for piece in made)
    assert whole.count(long_line) == 1
    assert whole.count(refrain) == 40
    assert [line for piece in made for line in piece.repeated] == [long_line] * 39
    assert [text.split("\n")[piece.first_line - 1] for piece in made] == [piece.text.split("\n")[0] for piece in made]
    assert not findings.dropped


def test_a_million_empty_lines_are_one_empty_document() -> None:
    made, _ = pieces("\n" * 1_000_000)
    assert [piece.text for piece in made] == [""]


def test_little_text_is_cut_finer() -> None:
    assert cut_rule("auto", 100_000_000) == CutRule("auto", 20_000, 3_000)
    assert cut_rule("auto", 15_000) == CutRule("auto", 1_000, 750)


def test_lines_of_a_block_that_is_not_used_are_new_again() -> None:
    repeated = RepeatedLines()
    line, other = sentence(1, "yor", 16), sentence(2, "yor", 16)
    block = Piece(f"{line}\n\n{other}\nshort\n", 7, True)
    assert repeated.leave_out(block) == block
    repeated.forget(f"{line}\n\nshort\n")
    assert repeated.leave_out(block) == Piece(f"{line}\n\nshort\n", 7, True, (other,))
    assert repeated.leave_out(block) == Piece("short\n", 10, True, (line, other))


def test_a_block_that_came_before_as_a_whole_is_none_and_its_lines_are_recorded() -> None:
    lines = [sentence(number, words=20) for number in range(40)]
    made, findings = pieces("".join(f"{line}\n" for line in lines * 2), repeated=True)
    assert sum(piece.text.count("\n") for piece in made) == 40
    assert findings.dropped[REPEATED_LINE] + sum(len(piece.repeated) for piece in made) == 40
    assert findings.cut_blocks == len(made)
