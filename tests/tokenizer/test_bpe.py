"""The tokenizer's promises: marks stay with their letters, special tokens in a text stay text, files open in transformers."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from tests.tokenizer.texts import SENTENCES, TEXTS
from tokenizers import Tokenizer, pre_tokenizers

from mbegu.core.errors import DamageError, InputError
from mbegu.tokenizer.bpe import (
    END_OF_TEXT,
    END_OF_TEXT_ID,
    SPECIAL_TOKENS,
    decode,
    empty_tokenizer,
    encode,
    merged_from,
    normalise,
    open_tokenizer,
    pieces_of,
    save_tokenizer,
    token_bytes,
)
from mbegu.tokenizer.measure import read_test_strings
from mbegu.tokenizer.train import train_tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_tokenizer(TEXTS, 700)


def words(text: str) -> list[str]:
    """The pieces that the pattern cuts, before bytes."""
    split = empty_tokenizer().pre_tokenizer[0]
    return [word for word, _ in split.pre_tokenize_str(text)]


def test_special_tokens_come_first_and_every_byte_has_a_token(tokenizer: Tokenizer) -> None:
    assert [tokenizer.id_to_token(i) for i in range(3)] == list(SPECIAL_TOKENS)
    assert tokenizer.token_to_id(END_OF_TEXT) == END_OF_TEXT_ID == 0
    assert set(pre_tokenizers.ByteLevel.alphabet()) <= set(tokenizer.get_vocab())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ọ̀rẹ́ mi", ["ọ̀rẹ́", " mi"]),  # no single code point for ọ̀
        ("ɖe ɔ̃ wò", ["ɖe", " ɔ̃", " wò"]),
        ("ߛߐ߰ߡߊ߫ ߌ", ["ߛߐ߰ߡߊ߫", " ߌ"]),
        ("ក្មេង", ["ក្មេង"]),
        ("ልጆቹ፣ ሄዱ", ["ልጆቹ", "፣", " ሄዱ"]),
        ("بَيْت 12", ["بَيْت", " ", "1", "2"]),
        ("it's IT'S l'eau", ["it", "'s", " IT", "'S", " l", "'eau"]),
        ("a  b\n\n c", ["a", " ", " b", "\n\n", " c"]),
    ],
)
def test_the_pattern_keeps_marks_in_their_word(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize("name", SPECIAL_TOKENS)
def test_a_special_token_in_a_text_stays_text(tokenizer: Tokenizer, tmp_path: Path, name: str) -> None:
    save_tokenizer(tmp_path, tokenizer)
    for each in (tokenizer, open_tokenizer(tmp_path)):
        for text in (name, f"ọmọ{name}ọmọ", name * 3, f" {name}\n"):
            ids = encode(each, text)
            assert min(ids) >= len(SPECIAL_TOKENS)
            assert decode(each, ids) == text


def test_special_tokens_are_not_learnt_as_words() -> None:
    trained = train_tokenizer([END_OF_TEXT * 50] * 50, 400)
    assert min(encode(trained, END_OF_TEXT)) >= len(SPECIAL_TOKENS)


def test_every_string_in_every_script_comes_back(tokenizer: Tokenizer) -> None:
    strings = read_test_strings()
    assert len({string.script for string in strings} - {"Zyyy", "Zsye"}) >= 12
    for string in strings:
        assert decode(tokenizer, encode(tokenizer, string.text)) == unicodedata.normalize("NFC", string.text), string


def test_text_is_encoded_in_nfc(tokenizer: Tokenizer) -> None:
    apart = unicodedata.normalize("NFD", SENTENCES[0])
    assert apart != SENTENCES[0]
    assert encode(tokenizer, apart) == encode(tokenizer, SENTENCES[0])
    assert normalise(tokenizer, apart) == unicodedata.normalize("NFC", apart)


def test_the_bytes_of_the_tokens_are_the_text(tokenizer: Tokenizer) -> None:
    table = token_bytes(tokenizer)
    assert len(table) == tokenizer.get_vocab_size()
    for string in read_test_strings():
        assert b"".join(table[i] for i in encode(tokenizer, string.text)) == normalise(tokenizer, string.text).encode("utf-8")


def test_merged_tokens_are_known_with_the_two_that_they_were_made_of(tokenizer: Tokenizer) -> None:
    made, written = merged_from(tokenizer), token_bytes(tokenizer)
    assert made
    assert all(written[left] + written[right] == written[token] for token, (left, right) in made.items())
    assert all(max(pair) < token for token, pair in made.items()), "made of tokens that were there before"
    assert {token for token in range(tokenizer.get_vocab_size()) if token not in made} == set(range(3 + 256))


@pytest.mark.parametrize("size", [1, 2, 7, 40, 1000])
def test_pieces_give_the_ids_of_the_whole(size: int) -> None:
    tokenizer = train_tokenizer([*TEXTS, *["a    b.   \n\n   c  "] * 50], 700)  # several spaces are one token
    text = "\n".join([*SENTENCES, *(string.text for string in read_test_strings()), "a    b.   \n\n   c's   d'   e", "x" * 90])
    pieces = list(pieces_of(text, size))
    assert "".join(pieces) == text
    assert len(pieces) > 1 or size == 1000
    whole = tokenizer.encode(text, add_special_tokens=False).ids
    assert [token for piece in pieces for token in tokenizer.encode(piece, add_special_tokens=False).ids] == whole


def test_a_text_without_word_ends_is_one_piece() -> None:
    assert list(pieces_of("ក" * 50, 10)) == ["ក" * 50]
    assert list(pieces_of("")) == []


def test_transformers_opens_it_and_gives_the_same_ids(tokenizer: Tokenizer, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    save_tokenizer(tmp_path, tokenizer, context_tokens=512)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"]}), encoding="utf-8")
    theirs = AutoTokenizer.from_pretrained(tmp_path)
    assert (theirs.bos_token_id, theirs.eos_token_id, theirs.pad_token_id) == (0, 0, 0)
    assert theirs.model_max_length == 512
    assert not theirs.clean_up_tokenization_spaces
    for string in read_test_strings():
        assert theirs(string.text, split_special_tokens=True)["input_ids"] == encode(tokenizer, string.text)
        assert theirs.decode(encode(tokenizer, string.text)) == normalise(tokenizer, string.text)


def test_a_damaged_file_is_refused_with_the_way_out(tokenizer: Tokenizer, tmp_path: Path) -> None:
    save_tokenizer(tmp_path, tokenizer)
    file = tmp_path / "tokenizer.json"
    file.write_text(file.read_text(encoding="utf-8")[:-200], encoding="utf-8")
    with pytest.raises(DamageError, match=r"not a tokenizer: .*tokenizer\.json\)\. Make it anew with `mbegu grow`"):
        open_tokenizer(tmp_path)


def test_another_programs_tokenizer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(empty_tokenizer().to_str(), encoding="utf-8")
    with pytest.raises(DamageError, match="its first tokens are not the special tokens"):
        open_tokenizer(tmp_path)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DamageError, match="not a tokenizer"):
        open_tokenizer(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no such file or folder \(.*tokenizer\.json\)"):
        open_tokenizer(tmp_path / "tokenizer.json")
