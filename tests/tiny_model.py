"""A tiny Qwen3 model folder with random weights and a tokenizer trained on a few sentences, for tests of files and engines."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from mbegu.tokenizer.bpe import END_OF_TEXT_ID, save_tokenizer
from mbegu.tokenizer.train import train_tokenizer

# One greeting or proverb in each of many scripts, most with marks that have no single code point with their letter.
SCRIPTS = {
    "Latin, Yoruba": "Ọ̀rọ̀ rere ní í yọ obì lápò; ẹ káàárọ̀ o, ẹ̀gbọ́n mi.",
    "Latin, Ewe": "Ŋdi na mi! Èfɔ̃̀a? Ɛ̃, mefɔ̃.",
    "Ethiopic": "ሰላም ለዓለም፣ እንዴት ነህ? ድር ቢያብር አንበሳ ያስር።",
    "N'Ko": "ߒߞߏ ߞߊ߲߫ ߛߓߍߛߎ߲ ߠߋ߬߸ ߌ ߣߌ߫ ߛߐ߲߬ߜߐ߬ߡߊ߫߹",
    "Arabic, Hausa Ajami": "إِنَا كْوَانَا؟ لَافِيَا لَوْ، نَا غُودٜى.",
    "Khmer": "សួស្តី ពិភពលោក! តើអ្នកសុខសប្បាយទេ?",
    "Adlam": "𞤔𞤢𞥄𞤪𞤢𞤥𞤢⹁ 𞤥𞤭 𞤲𞤣𞤫𞤲𞤼𞤭𞥅 𞤫 𞤥𞤢𞥄𞤯𞤢.",
    "Devanagari": "नमस्ते दुनिया, आप कैसे हैं?",
    "Cyrillic": "Салам, кандайсыз? Ынтымак — береке.",
    "Tifinagh": "ⴰⵣⵓⵍ ⴼⵍⵍⴰⵡⵏ, ⵎⴰⵏⵣⴰⴽⵉⵏ?",
    "Thai": "สวัสดีชาวโลก น้ำขึ้นให้รีบตัก",
    "Tibetan": "བཀྲ་ཤིས་བདེ་ལེགས།",
    "Bengali": "নমস্কার, আপনি কেমন আছেন?",
    "Myanmar": "မင်္ဂလာပါ၊ နေကောင်းလား။",
    "Hebrew": "שָׁלוֹם עֲלֵיכֶם",
    "Han": "你好,世界。",
    "Vai": "ꕙꔤ ꕚꕌ ꔻꔳ",
    "Mixed": "a\u0301 e\u0323\u0300 \r\n\n  \t x  123 don't <|endoftext|> <|im_start|>user 🙂👩🏾\u200d🌾 \u200c fin",
}
CONTEXT = 64


def make_model_folder(folder: Path, seed: int = 1, layers: int = 2, hidden: int = 256, inner: int = 512) -> Path:
    """Write the folder: 4 heads of 64, 2 key-value heads, about 600 tokens, tied output, norms that are not all one."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = list(SCRIPTS.values()) * 3
    tokenizer = train_tokenizer(texts, 600)
    save_tokenizer(folder, tokenizer, CONTEXT)
    vocabulary_size = tokenizer.get_vocab_size()
    config = {
        "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "vocab_size": vocabulary_size, "hidden_size": hidden,
        "num_hidden_layers": layers, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 64, "intermediate_size": inner,
        "max_position_embeddings": CONTEXT, "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"}, "rope_theta": 10000.0,
        "rms_norm_eps": 1e-6, "hidden_act": "silu", "attention_bias": False, "tie_word_embeddings": True, "use_sliding_window": False,
        "bos_token_id": END_OF_TEXT_ID, "eos_token_id": END_OF_TEXT_ID, "dtype": "float32",
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    random = np.random.default_rng(seed)
    shapes = {
        "input_layernorm": (hidden,), "post_attention_layernorm": (hidden,), "self_attn.q_norm": (64,), "self_attn.k_norm": (64,),
        "self_attn.q_proj": (256, hidden), "self_attn.k_proj": (128, hidden), "self_attn.v_proj": (128, hidden), "self_attn.o_proj": (hidden, 256),
        "mlp.gate_proj": (inner, hidden), "mlp.up_proj": (inner, hidden), "mlp.down_proj": (hidden, inner),
    }  # fmt: skip
    tensors = {f"model.layers.{layer}.{name}.weight": _draw(random, shape) for layer in range(layers) for name, shape in shapes.items()}
    tensors["model.embed_tokens.weight"] = random.normal(0, 0.15, (vocabulary_size, hidden)).astype(np.float32)
    tensors["model.norm.weight"] = _draw(random, (hidden,))
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def _draw(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    if len(shape) == 1:
        return random.uniform(0.5, 1.5, shape).astype(np.float32)
    return random.normal(0, shape[1] ** -0.5, shape).astype(np.float32)
