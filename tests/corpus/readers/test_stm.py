from __future__ import annotations

from mbegu.corpus.findings import BROKEN_ROW
from mbegu.corpus.readers.stm import words

STM = """;; Transcriber export
a 1 Ada_Obi 0.000 20.947 <o,f1,female> [r] ñu ngi nuyu %e auditeurs :fra yi [b] 93 point:fra 5 () {tey / tay} ***
a 1 Ada_Obi 20.9 21.5 <o,f1,female> jàmm rekk
a 1 inter_segment_gap 21.5 22.0 <o,,>
a 1 Bala 22.0 23.0 <o,f0,male> ignore_time_segment_in_scoring
a 1 Bala 23.0 24 waaw 10:30 laa ñów %hum %hum
ọ̀rọ̀ tí kò bá ìlànà mu
"""


def test_the_words_stay_and_the_marks_go(read) -> None:  # type: ignore[no-untyped-def]
    made = read("a.stm", STM)
    assert made.texts == ["ñu ngi nuyu auditeurs yi 93 point 5 tey\njàmm rekk\n\nwaaw 10:30 laa ñów\n"]
    assert made.findings.dropped == {BROKEN_ROW: 1}
    assert made.findings.drops[0].source == "a.stm#7"


def test_a_colon_that_is_part_of_a_word_stays_where_no_mark_of_a_language_is_met(read) -> None:  # type: ignore[no-untyped-def]
    assert read("a.stm", "a 1 s 0 1 ama:fra kú a:re ni\n").texts == ["ama:fra kú a:re ni\n"]


def test_a_line_made_to_take_for_ever_ends() -> None:
    assert words("ẹ̀kọ́" + " " * 100_000 + "dára:fra", {"fra"}) == "ẹ̀kọ́ dára"
