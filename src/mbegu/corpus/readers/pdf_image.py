"""The picture of a scanned page inside a PDF, as a file of its own, without a library for pictures."""

from __future__ import annotations

import struct
import zlib
from typing import Any

# A page's scan is far larger than its stamps and logos.
MIN_PIXELS = 200_000
MAX_PIXELS = 400_000_000
_PNG_KINDS = {"/DeviceGray": (0, 1), "/CalGray": (0, 1), "/DeviceRGB": (2, 3), "/CalRGB": (2, 3)}


def scanned_page(page: Any) -> bytes | None:
    """Return the largest picture of a page as JPEG, JPEG 2000, TIFF or PNG; ``None`` where there is none or it cannot be taken out.

    Args:
        page: pypdf's page.
    """
    resources = page.get("/Resources")
    objects = resources.get_object().get("/XObject") if resources is not None else None
    found = [entry.get_object() for entry in objects.get_object().values()] if objects is not None else []
    images = [image for image in found if image.get("/Subtype") == "/Image" and MIN_PIXELS <= _pixels(image) <= MAX_PIXELS]
    largest = max(images, key=_pixels, default=None)
    return picture(largest) if largest is not None else None


def picture(image: Any) -> bytes | None:
    """Return an image of a PDF as a file; ``None`` where its packing or its colours are not known (JBIG2, palettes)."""
    filters = image.get("/Filter", [])
    names = [str(name) for name in (filters if isinstance(filters, list) else [filters])]
    if names in (["/DCTDecode"], ["/JPXDecode"]):
        return bytes(image._data)
    if names == ["/CCITTFaxDecode"]:
        return _fax(image)
    if names in (["/FlateDecode"], ["/LZWDecode"], []):
        return _png(image)
    return None


def _pixels(image: Any) -> int:
    return int(image.get("/Width", 0)) * int(image.get("/Height", 0))


def _png(image: Any) -> bytes | None:
    """Return unpacked rows of pixels as PNG (ISO/IEC 15948)."""
    space = image.get("/ColorSpace")
    space = space.get_object() if space is not None else None
    if isinstance(space, list) and space and str(space[0]) == "/ICCBased":
        space = {1: "/DeviceGray", 3: "/DeviceRGB"}.get(int(space[1].get_object().get("/N", 0)))
    name = str(space[0]) if isinstance(space, list) and space else str(space)
    bits = int(image.get("/BitsPerComponent", 1 if image.get("/ImageMask") else 8))
    if image.get("/ImageMask"):
        name = "/DeviceGray"
    if name not in _PNG_KINDS or bits not in (1, 2, 4, 8, 16):
        return None
    kind, channels = _PNG_KINDS[name]
    width, height = int(image["/Width"]), int(image["/Height"])
    row_bytes = (width * channels * bits + 7) // 8
    data = image.get_data()
    if len(data) < row_bytes * height:
        return None
    rows = b"".join(b"\x00" + data[i * row_bytes : (i + 1) * row_bytes] for i in range(height))
    head = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows, 1)) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _fax(image: Any) -> bytes:
    """Return a page packed as by a fax machine as TIFF 6.0 with one strip: compression 4 (T.6) or 3 (T.4)."""
    said = image.get("/DecodeParms", {})
    said = (said[0] if isinstance(said, list) else said).get_object()
    k = int(said.get("/K", 0))
    data = bytes(image._data)
    is_black_one = bool(said.get("/BlackIs1", False))
    fields = [
        (256, 4, int(said.get("/Columns", image["/Width"]))),
        (257, 4, int(image["/Height"])),
        (258, 3, 1),
        (259, 3, 4 if k < 0 else 3),
        (262, 3, 1 if is_black_one else 0),
        (273, 4, 8),
        (277, 3, 1),
        (278, 4, int(image["/Height"])),
        (279, 4, len(data)),
        (292, 4, 1 if k > 0 else 0),
    ]
    padding = b"\0" * (len(data) % 2)
    table = struct.pack("<H", len(fields)) + b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in fields) + b"\0\0\0\0"
    return b"II*\x00" + struct.pack("<I", 8 + len(data) + len(padding)) + data + padding + table
