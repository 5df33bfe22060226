"""The settings of `mbegu serve`: how much it takes on, and where it draws the line."""

from __future__ import annotations

from dataclasses import dataclass

from mbegu.core.settings import setting


@dataclass(frozen=True)
class ServeSettings:
    """What the server may use and what it refuses."""

    port: int = setting(8000, help="where it listens; 0: any free port", low=0, high=65_535)
    lan: bool = setting(False, help="listen on the local network too; other devices then need the pairing code")
    threads: int = setting(0, help="threads that calculate; 0: physical cores less one, so that the computer stays usable", low=0, high=1024)
    context: int = setting(0, help="longest prompt and answer together; 0: that of the model, at most 2048", unit="tokens", low=0, high=1_048_576)
    slots: int = setting(4, help="answers that are written at the same time", low=1, high=64)
    waiting: int = setting(64, help="requests that may wait for a slot; one more is refused with 429", low=0, high=10_000)
    waiting_per_client: int = setting(16, help="of those, how many one client may have", low=0, high=10_000)
    batch: int = setting(64, help="prompt tokens read at a time: a smaller one stops sooner when a client leaves", unit="tokens", low=16, high=2048)
    log_content: str = setting("", help="keep what is asked and answered, sealed, in this folder (`mbegu log key` makes its key)")
    keep_days: int = setting(30, help="how long that is kept", unit="days", low=1, high=3650)
    answer_tokens: int = setting(512, help="length of an answer when the request names none", unit="tokens", low=1, high=1_048_576)
    cache_mib: int = setting(64, help="memory for prompts that were read before, beside the slots' own", unit="MiB", low=0, high=1_048_576)
    body_bytes: int = setting(1 << 20, help="largest request", unit="bytes", low=1024, high=1 << 28)
    body_s: float = setting(10.0, help="time to send a request's body in", unit="s", low=0.1, high=600)
    header_s: float = setting(10.0, help="time to send a request's head in, and for an idle connection to stay", unit="s", low=0.1, high=600)
    write_s: float = setting(30.0, help="time a client may leave a piece of its answer unread", unit="s", low=0.1, high=600)
    depth: int = setting(32, help="deepest nesting of JSON in a request", low=4, high=200)
    connections: int = setting(512, help="open connections", low=1, high=65_535)
    connections_per_address: int = setting(128, help="open connections of one address", low=1, high=65_535)
    stop_s: float = setting(60.0, help="time that running answers are given when the server is stopped", unit="s", low=0, high=3600)
