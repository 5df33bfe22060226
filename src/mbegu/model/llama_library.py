"""llama.cpp's C interface, called in the shared library that the ``xllamacpp`` package ships.

``xllamacpp`` itself gives no probabilities of a given text, its server takes a second to start, and it cannot quantise; the
library in it can do all three. Its structures are passed by value and change between versions, so their layout is checked
against the known default values before anything is called; a version with another layout is refused, never guessed at.
Facts of the layout: ``include/llama.h`` of llama.cpp, build 11549.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import os
import sys
import threading
from ctypes import POINTER, c_bool, c_byte, c_char_p, c_float, c_int8, c_int32, c_int64, c_size_t, c_uint32, c_void_p
from pathlib import Path
from typing import Any, ClassVar

from mbegu.core.errors import DamageError, MissingDependencyError

TESTED_VERSION = "2026.10.11549"
PACKAGE = "xllamacpp"
LIBRARY_PATTERNS = ("*.so", "*.dylib", "*.pyd", "*.dll")
_REFUSE = f"install the version that Mbegu was tested with: pip install {PACKAGE}=={TESTED_VERSION}"
_SPARE_BYTES = 512  # fields that a later version adds at the end fit in here
_ERROR_LEVEL = 4


class ModelParams(ctypes.Structure):
    """``llama_model_params``: only the first fields are ours to set, the rest keeps its defaults."""

    _fields_: ClassVar = [
        ("devices", c_void_p),
        ("tensor_buft_overrides", c_void_p),
        ("n_gpu_layers", c_int32),
        ("split_mode", c_int32),
        ("rest", c_byte * _SPARE_BYTES),
    ]


class ContextParams(ctypes.Structure):
    """``llama_context_params`` up to the types of the key-value cache; the rest keeps its defaults."""

    _fields_: ClassVar = [
        ("n_ctx", c_uint32),
        ("n_batch", c_uint32),
        ("n_ubatch", c_uint32),
        ("n_seq_max", c_uint32),
        ("n_rs_seq", c_uint32),
        ("n_outputs_max", c_uint32),
        ("n_outputs_max_per_seq", c_uint32),
        ("n_threads", c_int32),
        ("n_threads_batch", c_int32),
        ("ctx_type", c_int32),
        ("rope_scaling_type", c_int32),
        ("pooling_type", c_int32),
        ("attention_type", c_int32),
        ("flash_attn_type", c_int32),
        ("rope_freq_base", c_float),
        ("rope_freq_scale", c_float),
        ("yarn_ext_factor", c_float),
        ("yarn_attn_factor", c_float),
        ("yarn_beta_fast", c_float),
        ("yarn_beta_slow", c_float),
        ("yarn_orig_ctx", c_uint32),
        ("defrag_thold", c_float),
        ("cb_eval", c_void_p),
        ("cb_eval_user_data", c_void_p),
        ("type_k", c_int32),
        ("type_v", c_int32),
        ("rest", c_byte * _SPARE_BYTES),
    ]


class Batch(ctypes.Structure):
    """``llama_batch``: tokens with their positions, sequences, and whether their logits are wanted."""

    _fields_: ClassVar = [
        ("n_tokens", c_int32),
        ("token", POINTER(c_int32)),
        ("embd", POINTER(c_float)),
        ("pos", POINTER(c_int32)),
        ("n_seq_id", POINTER(c_int32)),
        ("seq_id", POINTER(POINTER(c_int32))),
        ("logits", POINTER(c_int8)),
    ]


class ChatMessage(ctypes.Structure):
    """``llama_chat_message``: who speaks and what."""

    _fields_: ClassVar = [("role", c_char_p), ("content", c_char_p)]


# Default values that tell whether the fields lie where we think; 1 is the type F16, -1 leaves a choice to the model.
_MODEL_DEFAULTS = {"devices": None, "tensor_buft_overrides": None, "n_gpu_layers": -1, "split_mode": 1}
_CONTEXT_DEFAULTS = {
    "n_ctx": 512, "n_batch": 2048, "n_ubatch": 512, "n_seq_max": 1, "n_rs_seq": 0, "n_outputs_max": 0, "n_outputs_max_per_seq": 1,
    "n_threads": 4, "n_threads_batch": 4, "ctx_type": 0, "rope_scaling_type": -1, "pooling_type": -1, "attention_type": -1,
    "flash_attn_type": -1, "rope_freq_base": 0.0, "rope_freq_scale": 0.0, "yarn_ext_factor": -1.0, "yarn_attn_factor": -1.0,
    "yarn_beta_fast": -1.0, "yarn_beta_slow": -1.0, "yarn_orig_ctx": 0, "defrag_thold": -1.0, "cb_eval": None,
    "cb_eval_user_data": None, "type_k": 1, "type_v": 1,
}  # fmt: skip

_MODEL, _CONTEXT, _VOCAB, _MEMORY = c_void_p, c_void_p, c_void_p, c_void_p
_LOG_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_int, c_char_p, c_void_p)
_ABORT_CALLBACK = ctypes.CFUNCTYPE(None, c_char_p)
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "llama_backend_init": (None, []),
    "llama_log_set": (None, [_LOG_CALLBACK, c_void_p]),
    "llama_model_default_params": (ModelParams, []),
    "llama_context_default_params": (ContextParams, []),
    "llama_model_load_from_file": (_MODEL, [c_char_p, ModelParams]),
    "llama_model_free": (None, [_MODEL]),
    "llama_init_from_model": (_CONTEXT, [_MODEL, ContextParams]),
    "llama_free": (None, [_CONTEXT]),
    "llama_n_ctx": (c_uint32, [_CONTEXT]),
    "llama_n_batch": (c_uint32, [_CONTEXT]),
    "llama_n_ubatch": (c_uint32, [_CONTEXT]),
    "llama_n_threads": (c_int32, [_CONTEXT]),
    "llama_model_n_ctx_train": (c_int32, [_MODEL]),
    "llama_model_get_vocab": (_VOCAB, [_MODEL]),
    "llama_model_chat_template": (c_char_p, [_MODEL, c_char_p]),
    "llama_chat_apply_template": (c_int32, [c_char_p, POINTER(ChatMessage), c_size_t, c_bool, c_char_p, c_int32]),
    "llama_vocab_n_tokens": (c_int32, [_VOCAB]),
    "llama_vocab_bos": (c_int32, [_VOCAB]),
    "llama_vocab_eos": (c_int32, [_VOCAB]),
    "llama_vocab_is_eog": (c_bool, [_VOCAB, c_int32]),
    "llama_tokenize": (c_int32, [_VOCAB, c_char_p, c_int32, POINTER(c_int32), c_int32, c_bool, c_bool]),
    "llama_token_to_piece": (c_int32, [_VOCAB, c_int32, c_char_p, c_int32, c_int32, c_bool]),
    "llama_batch_init": (Batch, [c_int32, c_int32, c_int32]),
    "llama_batch_free": (None, [Batch]),
    "llama_decode": (c_int32, [_CONTEXT, Batch]),
    "llama_get_logits": (POINTER(c_float), [_CONTEXT]),
    "llama_get_memory": (_MEMORY, [_CONTEXT]),
    "llama_memory_clear": (None, [_MEMORY, c_bool]),
    "ggml_set_abort_callback": (c_void_p, [_ABORT_CALLBACK]),
    "ggml_quantize_chunk": (c_size_t, [c_int32, c_void_p, c_void_p, c_int64, c_int64, c_int64, c_void_p]),
}


class Library:
    """The functions of llama.cpp that Mbegu calls, with their types, its log kept silent.

    Args:
        path: the shared library.

    Raises:
        MissingDependencyError: it cannot be loaded, lacks a function, or lays out its structures in another way.
    """

    def __init__(self, path: Path) -> None:
        self.first_error = ""
        self.model: str | Path = ""
        self._ends = threading.Lock()
        try:
            self.c: Any = ctypes.CDLL(str(path))
        except OSError as error:
            raise MissingDependencyError(f"llama.cpp cannot be loaded: {error}", path, _REFUSE) from error
        for name, (result, arguments) in _FUNCTIONS.items():
            try:
                function = getattr(self.c, name)
            except AttributeError:
                raise MissingDependencyError(f"this build of llama.cpp does not offer '{name}' to other programs", path, _REFUSE) from None
            function.restype, function.argtypes = result, arguments
        self._callback = _LOG_CALLBACK(self._hear)
        self.listen()
        check_layout(self.c.llama_model_default_params(), _MODEL_DEFAULTS)
        check_layout(self.c.llama_context_default_params(), _CONTEXT_DEFAULTS)
        self._check_batch()
        self._abort_callback = _ABORT_CALLBACK(self._end)
        self.c.ggml_set_abort_callback(self._abort_callback)
        self.c.llama_backend_init()

    def listen(self, model: str | Path = "") -> None:
        """Forget what was heard, and hear what llama.cpp logs from now on: a server of its in this process would take that for itself.

        Args:
            model: the file that is at work, for messages.
        """
        self.first_error, self.model = "", model
        self.c.llama_log_set(self._callback, None)

    def _hear(self, level: int, text: bytes | None, _: Any) -> None:
        """Keep the first error that llama.cpp logs, in place of the terminal; those that follow only say that it failed."""
        if level == _ERROR_LEVEL and text and not self.first_error:
            self.first_error = text.decode("utf-8", "replace").strip()

    def _end(self, reason: bytes | None) -> None:
        """Say why llama.cpp is about to end the process, in place of its report, and end it with our exit code: nothing can be raised here."""
        if not self._ends.acquire(blocking=False):  # several threads may come to the same end: the first one says so
            threading.Event().wait()
        said = (reason or b"no reason given").decode("utf-8", "replace").rpartition("/llama.cpp/")[2]
        error = DamageError(f"llama.cpp cannot go on with this model: {said}", self.model, "copy or download the file again, or use another model")
        sys.stderr.write(f"mbegu: {error.one_line()}\n")
        sys.stderr.flush()
        os._exit(error.exit_code)

    def _check_batch(self) -> None:
        batch = self.c.llama_batch_init(1, 0, 1)
        arrays = [bool(each) for each in (batch.token, batch.pos, batch.n_seq_id, batch.seq_id, batch.logits)]
        if batch.n_tokens != 0 or bool(batch.embd) or not all(arrays):
            raise MissingDependencyError("this version of llama.cpp lays out its batches in another way", fix=_REFUSE)
        self.c.llama_batch_free(batch)


def check_layout(params: ctypes.Structure, expected: dict[str, Any]) -> None:
    """Compare default values with those of the layout we know. Raises ``MissingDependencyError`` where one differs."""
    for field, value in expected.items():
        found = getattr(params, field)
        if found != value:
            what = f"this version of llama.cpp lays out its settings in another way ({field} is {found}, expected {value})"
            raise MissingDependencyError(what, fix=_REFUSE)


def find_library() -> Path:
    """Return the path of the shared library inside the installed ``xllamacpp``, without importing the package.

    Raises:
        MissingDependencyError: the package is not installed or holds no library.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise MissingDependencyError(f"{PACKAGE} is not installed: it runs GGUF models", fix=f"pip install {PACKAGE}=={TESTED_VERSION}")
    for folder in map(Path, spec.submodule_search_locations):
        for pattern in LIBRARY_PATTERNS:
            for path in sorted(folder.glob(pattern)):
                if PACKAGE in path.name:
                    return path
    raise MissingDependencyError(f"the installed {PACKAGE} holds no library", fix=_REFUSE)


@functools.cache
def load_library() -> Library:
    """Return llama.cpp, loaded once a process. Raises ``MissingDependencyError`` as ``find_library`` and ``Library`` do."""
    return Library(find_library())
