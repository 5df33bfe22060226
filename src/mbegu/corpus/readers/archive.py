"""Zip archives: members are read in memory, never unpacked to the disk, so no name in them can reach outside."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO, cast

from mbegu.corpus.files import is_hidden, is_paper
from mbegu.corpus.findings import BOMB, EMPTY, HIDDEN, PAPERS, ReadError
from mbegu.corpus.readers import read_source
from mbegu.corpus.readers.context import Allowance, Context
from mbegu.corpus.readers.failure import failure
from mbegu.corpus.readers.xml import check_member, open_zip
from mbegu.corpus.source import RawText, Source

MAX_DEPTH = 3
MAX_MEMBERS = 1_000_000


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the texts of all members in the order of their names. A member that cannot be read is listed, and the rest is read.

    Raises:
        ReadError: the archive is damaged, nested too deep, or unpacks to more than the settings allow.
    """
    if context.depth >= MAX_DEPTH:
        raise ReadError(BOMB, f"an archive in an archive, more than {MAX_DEPTH} deep; unpack it yourself if you trust it")
    allowance = context.allowance or Allowance(context.settings.max_unpacked_bytes)
    inside = replace(context, depth=context.depth + 1, allowance=allowance)
    with source.seekable(context.settings.max_file_bytes) as stream, open_zip(stream) as archive:
        members = sorted((info for info in archive.infolist() if not info.is_dir()), key=lambda info: info.filename)
        if len(members) > MAX_MEMBERS:
            raise ReadError(BOMB, f"it has {len(members):,} files; no more than {MAX_MEMBERS:,} are read")
        for info in members:
            yield from _member(archive, info, source, inside)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, source: Source, context: Context) -> Iterator[RawText]:
    name = f"{source.name}/{_safe_name(info.filename, source, context)}"
    parts = name[len(source.name) + 1 :].split("/")
    context.findings.files_seen += 1
    if any(is_hidden(part) for part in parts):
        context.findings.drop(name, HIDDEN)
    elif is_paper(parts[-1], context.settings.leave_out):
        context.findings.drop(name, PAPERS)
    elif info.file_size == 0:
        context.findings.drop(name, EMPTY)
    else:
        try:
            check_member(info, context.settings.max_unpacked_bytes)
            cast(Allowance, context.allowance).take(info.file_size)
            yield from read_source(Source(name, info.file_size, lambda: _open(archive, info)), context)
        except Exception as error:
            context.findings.drop(name, *failure(error))


def _open(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> BinaryIO:
    return cast(BinaryIO, archive.open(info))


def _safe_name(name: str, source: Source, context: Context) -> str:
    """Return a member's name without anything that points outside the archive, and note where it did."""
    if ".." in name.replace("\\", "/").split("/") or name.startswith("/"):
        context.findings.note(source.name, f"names a place outside itself ({name!r}); it was read in memory, and nothing was written there")
    return path_inside(name)


def path_inside(name: str) -> str:
    """Return a name that a file gives to something in it without anything that points outside; empty where it names nothing in it."""
    return posixpath.normpath("/" + name.replace("\\", "/")).lstrip("/").encode("utf-8", "replace").decode("utf-8")
