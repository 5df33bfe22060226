from __future__ import annotations

import pytest

ANDROID = [
    "12/31/25, 9:15 PM - {}",
    "31/12/2025, 21:15 - {}",
    "31/12/2025 21:15 - {}",
    "31.12.25, 21:15 - {}",
    "2025-12-31, 21:15 - {}",
    "31/12/25, 9:15\u202fpm - {}",
    "31/12/25, 9:15 p. m. - {}",
    "31/12/25, 9:15 ከሰዓት - {}",
    "\u200f31\u200f/12\u200f/2025، 9:15 م - {}",
    "٣١/١٢/٢٠٢٥، ٩:١٥ م - {}",
]
IOS = [
    "[31/12/2025, 21:15:33] {}",
    "[12/31/25, 9:15:33\u202fPM] {}",
    "[31.12.25, 21:15:33] {}",
    "[2025-12-31, 21:15:33] {}",
    "[31/12/25 21.15.33] {}",
]


@pytest.mark.parametrize("form", [*ANDROID, *IOS])
@pytest.mark.parametrize("name", ["_chat.txt", "WhatsApp Chat with Ada.txt", "a.txt"])
def test_dates_and_times_of_every_region_are_known(read, form: str, name: str) -> None:  # type: ignore[no-untyped-def]
    said = ["Ada: Ẹ kú àárọ̀", "Bala Musa: Ina kwana: lafiya?", "Ada: Lafiya lau"]
    made = read(name, "".join(form.format(line) + "\n" for line in said))
    assert made.findings.formats == {"whatsapp": 1}
    assert made.texts == ["S1: Ẹ kú àárọ̀\nS2: Ina kwana: lafiya?\nS1: Lafiya lau\n"]


def test_messages_of_many_lines_stay_whole_and_labels_stand_where_the_speaker_changes(read) -> None:  # type: ignore[no-untyped-def]
    chat = "1/2/25, 10:15 - Ada: àkọ́kọ́\nèkejì\n\nẹ̀kẹta\n1/2/25, 10:16 - Ada: tún\n1/2/25, 10:17 - +234 803 000 0000: ó dáa\n"
    assert read("_chat.txt", chat).texts == ["S1: àkọ́kọ́\nèkejì\n\nẹ̀kẹta\ntún\nS2: ó dáa\n"]


@pytest.mark.parametrize(
    "line",
    [
        "1/2/25, 10:15 - Messages are end-to-end encrypted.",
        "1/2/25, 10:15 - Ada created group \"Ọjà\"",
        "1/2/25, 10:15 - Ada changed the subject to \"News: today\"",
        "1/2/25, 10:15 - Bala: <Media omitted>",
        "1/2/25, 10:15 - Bala: <Média omis>",
        "1/2/25, 10:15 - Bala: <ሚዲያ አልተካተተም>",
        "1/2/25, 10:15 - Bala: \u200eIMG-20250201-WA0001.jpg (file attached)",
        "[1/2/25, 10:15:00] Bala: \u200eimage omitted",
        "\u200e[1/2/25, 10:15:00] Bala: \u200e<attached: 0001-PHOTO.jpg>",
        "[1/2/25, 10:15:00] Ọjà: \u200eBala joined using a link",
        "1/2/25, 10:15 - Bala: ",
    ],
)  # fmt: skip
def test_what_the_program_wrote_goes_in_any_language(read, line: str) -> None:  # type: ignore[no-untyped-def]
    talk = "1/2/25, 10:14 - Ada: ẹ kú iṣẹ́\n1/2/25, 10:14 - Ada: ṣé dáadáa ni\n"
    made = read("_chat.txt", f"{talk}{line}\n")
    assert made.texts == ["S1: ẹ kú iṣẹ́\nṣé dáadáa ni\n"]


def test_no_name_is_left(read) -> None:  # type: ignore[no-untyped-def]
    chat = (
        "1/2/25, 10:15 - Ada Obi: @\u2068Bala Musa\u2069 wá síbí, @2348030000000 náà\n"
        "1/2/25, 10:16 - ~\u202fBala Musa: mo ń bọ̀ <This message was edited>\n"
        "1/2/25, 10:17 - Ada Obi: ó dára\n"
    )
    made = read("_chat.txt", chat)
    assert made.texts == ["S1: @S2 wá síbí, @S3 náà\nS2: mo ń bọ̀\nS1: ó dára\n"]
    kept = "".join(made.texts) + str(made.findings.notes) + str(made.findings.drops)
    assert not any(name in kept for name in ("Ada", "Obi", "Bala", "Musa", "234803"))
    assert read("_chat.txt", chat).texts == made.texts


def test_a_document_is_a_run_of_whole_days_of_some_size(read) -> None:  # type: ignore[no-untyped-def]
    words = "ọ̀rọ̀ " * 30
    chat = "".join(f"{day:02}/01/2025, {hour:02}:00 - Ada: {words}{day}-{hour}\n" for day in range(1, 13) for hour in range(3))
    made = read("_chat.txt", chat)
    assert 1 < len(made.texts) < 12
    for text in made.texts:
        assert len(text.encode()) >= 2000 or text is made.texts[-1]
        assert text.startswith("S1: ")
        assert len(text.splitlines()) % 3 == 0
    assert made.places[0] == "_chat.txt#1"


@pytest.mark.parametrize("text", ["12/03/2025, 10:15 - mo lọ sí ọjà\n" * 3, "Ada: báwo ni?\nBala: dáadáa\n" * 9, "1/2/25\n" * 9, ""])
def test_a_diary_or_a_play_is_no_chat(read, text: str) -> None:  # type: ignore[no-untyped-def]
    assert read("a.txt", text).findings.formats == {"text": 1}
