from __future__ import annotations

from pathlib import Path

import pytest
from tests.corpus.material import sentence
from tests.serve.documents.material import LEAFLETS, QUIET, GramEmbedder, write_folder

from mbegu.serve.documents import index as module
from mbegu.serve.documents.index import index_path, update_index
from mbegu.serve.documents.search import Search


def test_only_what_changed_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_folder(tmp_path / "hati", dict(LEAFLETS))
    store, done = update_index(folder, index_path(folder), None, QUIET)
    assert sorted(done.new) == sorted(LEAFLETS)
    store.close()
    read = []
    whole = module.read_parts
    monkeypatch.setattr(module, "read_parts", lambda file, findings: read.append(file.name) or whole(file, findings))
    write_folder(folder, {"swa.md": "# Malaria\n\nLaleni ndani ya chandarua.\n", "mpya.txt": "Nawa mikono kwa sabuni."})
    (folder / "ara.md").unlink()
    store, done = update_index(folder, index_path(folder), None, QUIET)
    assert (done.new, done.changed, done.removed) == (["mpya.txt"], ["swa.md"], ["ara.md"])
    assert sorted(read) == ["mpya.txt", "swa.md"]
    assert [hit.passage.file for hit in Search(store, None).find("chandarua", 3)] == ["swa.md"]
    assert Search(store, None).find("kuchujwa", 3) == []


def test_the_folder_is_only_read(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "hati", dict(LEAFLETS))
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*")}
    update_index(folder, index_path(folder), GramEmbedder(), QUIET)
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*")} == before
    assert index_path(folder) == tmp_path / "hati.mbegu-index"


def test_a_damaged_index_is_made_anew_with_a_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_folder(tmp_path / "hati", dict(LEAFLETS))
    update_index(folder, index_path(folder), None, QUIET)[0].close()
    index_path(folder).write_bytes(b"\x00" * 9000)
    from mbegu.core.report import Say

    store, done = update_index(folder, index_path(folder), None, Say(quiet=True))
    assert done.rebuilt
    assert "made anew" in capsys.readouterr().err
    assert sorted(done.new) == sorted(LEAFLETS)
    assert Search(store, None).find("Chemsheni maji", 1)[0].passage.file == "swa.md"


def test_a_file_that_cannot_be_read_costs_only_itself_and_is_told_each_time(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "hati", {"a.docx": b"no zip at all", "b.txt": "Chemsheni maji."})
    for _ in range(2):
        store, done = update_index(folder, index_path(folder), None, QUIET)
        assert [name for name, why in done.problems if "damaged" in why] == ["a.docx"]
        assert done.passages == 1
        store.close()


def test_embeddings_are_made_once_and_go_on_where_they_stopped(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "hati", {f"{i}.txt": sentence(i) for i in range(40)})

    class Failing(GramEmbedder):
        calls = 0

        def passages(self, texts):  # type: ignore[no-untyped-def]
            Failing.calls += 1
            if Failing.calls == 2:
                raise KeyboardInterrupt
            return super().passages(texts)

    with pytest.raises(KeyboardInterrupt):
        update_index(folder, index_path(folder), Failing(), QUIET)
    _, done = update_index(folder, index_path(folder), GramEmbedder(), QUIET)
    assert done.embedded == 40 - module.BATCH
    store, done = update_index(folder, index_path(folder), GramEmbedder(), QUIET)
    assert done.embedded == 0
    assert Search(store, GramEmbedder()).has_meaning
