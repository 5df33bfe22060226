"""Documents and an embedder that the tests of answers are made of. Every sentence was written for these tests."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mbegu.core.report import Say
from mbegu.serve.documents.index import index_path, update_index
from mbegu.serve.documents.keys import keys_of
from mbegu.serve.documents.search import Search
from mbegu.serve.documents.store import Store

QUIET = Say(quiet=True)

# A leaflet in each script: what it says about fever, about water and about a well.
LEAFLETS = {
    "yor.md": "# Ibà\n\nBí ọmọ bá ní ibà fún ọjọ́ mẹ́ta, ẹ gbé e lọ sí ilé ìwòsàn.\n\n# Omi\n\nẸ sè omi kí ẹ tó mu ún. Omi kànga nílò àlẹ̀mọ́.\n",
    "amh.md": "# ትኩሳት\n\nልጁ ለሦስት ቀናት ትኩሳት ካለው ወደ ጤና ጣቢያ ይውሰዱት።\n\n# ውሃ\n\nውሃውን ከመጠጣትዎ በፊት አፍልተው ያቀዝቅዙት። የጉድጓድ ውሃ መጣራት አለበት።\n",
    "ara.md": "# الحمى\n\nإذا استمرت حمى الطفل ثلاثة أيام فخذه إلى المركز الصحي.\n\n# الماء\n\nاغلوا الماء قبل شربه. ماء البئر يحتاج إلى ترشيح.\n",
    "nqo.md": "# ߝߊߙߌߜߊ߲߫\n\nߘߋ߲ ߝߊߙߌ ߜߊ߲ߣߍ߲ ߕߟߋ߬ ߛߓߊ߬ ߞߐ߫߸ ߊ߬ ߟߊߕߊ߯ ߘߊ߲ߘߊߟߌ߬ߦߊ߬ ߘߐ߫.\n\n# ߖߌ\n\nߖߌ ߟߊߜߍߣߌ߲߫ ߞߊ߫ ߞߐ߲߬ ߊ߬ ߡߌ߲ ߠߊ߫.\n",
    "khm.md": "# គ្រុនក្តៅ\n\nបើកុមារគ្រុនក្តៅបីថ្ងៃសូមនាំទៅមណ្ឌលសុខភាព។\n\n# ទឹក\n\nសូមដាំទឹកឱ្យពុះមុនពេលផឹក។ ទឹកអណ្តូងត្រូវចម្រោះ។\n",
    "swa.md": "# Homa\n\nMtoto akiwa na homa kwa siku tatu, mpelekeni zahanati.\n\n# Maji\n\n"
    "Chemsheni maji kabla ya kuyanywa. Maji ya kisima yanahitaji kuchujwa.\n",
}


class GramEmbedder:
    """A small real embedder: runs of characters, hashed to 64 numbers."""

    name = "hashed runs of characters, 64"

    def passages(self, texts: Sequence[str]) -> Any:
        """Embed passages."""
        return np.stack([self.question(text) for text in texts])

    def question(self, text: str) -> Any:
        """Embed one question."""
        vector = np.zeros(64, dtype=np.float32)
        for gram in keys_of(text)["grams"]:
            vector[zlib.crc32(gram.encode()) % 64] += 1
        return vector / max(float(np.linalg.norm(vector)), 1e-6)


def write_folder(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Write documents and return their folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def indexed(folder: Path, files: dict[str, str | bytes] | None = None, embedder: GramEmbedder | None = None) -> Store:
    """Write documents, index them, and return the open index."""
    write_folder(folder, dict(LEAFLETS) if files is None else files)
    return update_index(folder, index_path(folder), embedder, QUIET)[0]


def searching(folder: Path, files: dict[str, str | bytes] | None = None, embedder: GramEmbedder | None = None) -> Search:
    """As ``indexed``, ready to search."""
    return Search(indexed(folder, files, embedder), embedder)
