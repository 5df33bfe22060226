"""The keys of the content log: anyone may seal with the public one, only who knows the passphrase can open with the private one.

Both stand in one file. The private key is in a SecretBox (XSalsa20-Poly1305) whose key argon2id makes of the passphrase, so that a thief of the
computer must guess the passphrase, at a cost of memory and time for each guess. The running server never has it.
"""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from mbegu.core import durable
from mbegu.core.errors import DamageError, InputError, MissingDependencyError, explain_os_error

if TYPE_CHECKING:
    from nacl.public import PrivateKey, PublicKey

KEY_FILE = "key.json"
SHORTEST_PASSPHRASE = 15  # characters, where it is the only protection: NIST SP 800-63B-4, 3.1.1.2
# Of argon2id, libsodium's "moderate": three passes over 256 MiB, about a second on an old computer.
PASSES = 3
MEMORY_BYTES = 256 << 20
MOST_MEMORY_BYTES = 1 << 30  # a key file that asks for more was tampered with
MOST_PASSES = 100
MOST_FILE_BYTES = 10_000


def require_nacl() -> None:
    """Raise ``MissingDependencyError`` where PyNaCl, which does the encryption, is not installed."""
    try:
        import nacl.public
        import nacl.pwhash
        import nacl.secret  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingDependencyError("keeping content needs 'nacl' (PyNaCl), which is not installed", fix="pip install 'mbegu[serve]'") from error


def make_key(folder: Path, passphrase: str) -> None:
    """Make the keys of a content log.

    Args:
        folder: of the log; made where missing.
        passphrase: whoever knows it can read the log. It is stored nowhere.

    Raises:
        InputError: there are keys already, or the passphrase is too short.
        MissingDependencyError: PyNaCl is not installed.
    """
    require_nacl()
    import nacl.pwhash
    import nacl.utils
    from nacl.public import PrivateKey
    from nacl.secret import SecretBox

    path = folder / KEY_FILE
    if path.exists():
        raise InputError("there is a key already", path, "use it, or delete it with all that was sealed with it: `mbegu log wipe`")
    passphrase = unicodedata.normalize("NFC", passphrase)
    if len(passphrase) < SHORTEST_PASSPHRASE:
        what = f"the passphrase has {len(passphrase)} characters, at least {SHORTEST_PASSPHRASE} are needed"
        raise InputError(what, fix="take four or five words that do not belong together")
    private, salt = PrivateKey.generate(), nacl.utils.random(nacl.pwhash.argon2id.SALTBYTES)
    box = SecretBox(_stretched(passphrase, salt, PASSES, MEMORY_BYTES))
    stored = {
        "version": 1,
        "public_key": bytes(private.public_key).hex(),
        "sealed_private_key": bytes(box.encrypt(bytes(private))).hex(),
        "argon2id": {"salt": salt.hex(), "passes": PASSES, "memory_bytes": MEMORY_BYTES},
    }
    durable.write_json(path, stored)


def read_public_key(folder: Path) -> PublicKey:
    """Return the key that records are sealed with.

    Raises:
        InputError: there is none.
        DamageError: its file is damaged.
        MissingDependencyError: PyNaCl is not installed.
    """
    require_nacl()
    from nacl.public import PublicKey

    return PublicKey(_read(folder)[0])


def open_private_key(folder: Path, passphrase: str) -> PrivateKey:
    """Return the key that opens records.

    Raises:
        InputError: there is none, or the passphrase is wrong.
        DamageError: its file is damaged, or the two keys do not belong together: somebody changed the public one.
        MissingDependencyError: PyNaCl is not installed.
    """
    require_nacl()
    from nacl.exceptions import CryptoError
    from nacl.public import PrivateKey
    from nacl.secret import SecretBox

    public, sealed, salt, passes, memory_bytes = _read(folder)
    try:
        private = PrivateKey(SecretBox(_stretched(unicodedata.normalize("NFC", passphrase), salt, passes, memory_bytes)).decrypt(sealed))
    except CryptoError as error:
        raise InputError("this is not the passphrase of this log", folder, "type it again; without it nobody can read the log") from error
    if bytes(private.public_key) != public:
        what = "the public key does not belong to the private one: somebody changed it, and may read what was kept since"
        raise DamageError(what, folder / KEY_FILE, "stop the server, read what can be read, then `mbegu log wipe` and make a new key")
    return private


def key_bytes(folder: Path) -> bytes:
    """Return the file of the keys as it is; empty where there is none."""
    try:
        return (folder / KEY_FILE).read_bytes()
    except OSError:
        return b""


def _read(folder: Path) -> tuple[bytes, bytes, bytes, int, int]:
    """Return public key, sealed private key, salt, passes and memory in bytes."""
    import nacl.pwhash
    from nacl.public import PublicKey

    path = folder / KEY_FILE
    if not path.is_file():
        raise InputError("this folder has no key for a content log", folder, f"make one: `mbegu log key {folder}`")
    try:
        with open(path, "rb") as file:
            stored = json.loads(file.read(MOST_FILE_BYTES))
        by = stored["argon2id"]
        public, sealed, salt = (bytes.fromhex(each) for each in (stored["public_key"], stored["sealed_private_key"], by["salt"]))
        version, passes, memory_bytes = stored["version"], by["passes"], by["memory_bytes"]
    except OSError as error:
        raise explain_os_error(error, path) from error
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path) from error
    is_whole = len(public) == PublicKey.SIZE and len(salt) == nacl.pwhash.argon2id.SALTBYTES and version == 1
    if not is_whole or not _is_within(passes, MOST_PASSES) or not _is_within(memory_bytes, MOST_MEMORY_BYTES):
        raise _damaged(path)
    return public, sealed, salt, passes, memory_bytes


def _is_within(value: object, most: int) -> bool:
    return isinstance(value, int) and 1 <= value <= most


def _damaged(path: Path) -> DamageError:
    return DamageError("the key of the content log is damaged", path, "put a copy of it back; without it nobody can read the log")


def _stretched(passphrase: str, salt: bytes, passes: int, memory_bytes: int) -> bytes:
    import nacl.pwhash
    from nacl.secret import SecretBox

    return nacl.pwhash.argon2id.kdf(SecretBox.KEY_SIZE, passphrase.encode("utf-8", "surrogateescape"), salt, passes, memory_bytes)
