from __future__ import annotations

SRT = """1
00:00:01,000 --> 00:00:03,500
<i>Ọmọ náà lọ</i>
sí ọjà ní àárọ̀.

2
00:00:03,600 --> 00:00:05,000 X1:10 X2:20
{\\an8}- Ṣé ó ra iṣu?
- Ó rà á &amp; ẹ̀wà.
3
00:00:20,000 --> 00:00:21,000
2025

"""

VTT = """WEBVTT - nípa ọjà
Kind: captions

NOTE kò sí nínú ọ̀rọ̀
--> yìí náà

STYLE
::cue { color: red }

intro
00:01.000 --> 00:03.000 align:start position:0%
<v Ada Obi>Ẹ kú <c.yellow>àárọ̀</c>,<00:00:02.000> gbogbo yín.</v>

00:03.000 --> 00:05.000
Ẹ kú àárọ̀, gbogbo yín.
Ẹ jókòó.

100:00:05.000 --> 100:00:06.000
Ó tó.
"""


def test_srt_gives_what_is_said(read) -> None:  # type: ignore[no-untyped-def]
    assert read("a.srt", SRT).texts == ["Ọmọ náà lọ sí ọjà ní àárọ̀.\n- Ṣé ó ra iṣu?\n- Ó rà á & ẹ̀wà.\n\n2025\n"]


def test_vtt_gives_what_is_said_without_voices_notes_and_styles(read) -> None:  # type: ignore[no-untyped-def]
    made = read("a.vtt", VTT.replace("\n", "\r\n"))
    assert made.texts[0].split("\n")[:2] == ["Ẹ kú àárọ̀, gbogbo yín.", "Ẹ kú àárọ̀, gbogbo yín. Ẹ jókòó."]
    assert made.texts[0].endswith("\n\nÓ tó.\n")
    assert "Ada" not in made.texts[0] and "red" not in made.texts[0] and "kò sí" not in made.texts[0]


def test_captions_that_stay_on_the_screen_are_given_once(read) -> None:  # type: ignore[no-untyped-def]
    cue = "00:0{}.000 --> 00:0{}.900\nẸ kú àárọ̀.\n\n"
    assert read("a.vtt", "WEBVTT\n\n" + "".join(cue.format(i, i) for i in range(5))).texts == ["Ẹ kú àárọ̀.\n"]
