"""Files that lie, burst or attack: one sentence, status 2, nothing run, and little memory taken."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest
import torch
from conftest import at_least
from hypothesis import given
from hypothesis import strategies as st
from weights_files import (
    archive,
    call,
    dictionary,
    number,
    program,
    safe,
    safetensors,
    saved,
    tensor,
    text,
)

import rnnscope
from rnnscope.cli import run
from rnnscope.errors import RnnscopeError, TargetError
from rnnscope.weights import pickles, torch_files

MIB = 2**20
FINE = tensor((80, 5), (5, 1))
W = "weight_ih_l0"


def nested(levels: int) -> bytes:
    """Each dictionary holds the one below twice: 2**levels paths in a few bytes."""
    body = b"}q\x00"
    for level in range(levels):
        below, above = bytes([level]), bytes([level + 1])
        body += b"}q" + above + b"(" + text("a") + b"h" + below + text("b") + b"h" + below + b"u"
    return body


def directory_of(count: int) -> bytes:
    """A zip archive that claims a directory of ``count`` bytes, and has them."""
    return b"PK\3\4" + bytes(count) + b"PK\5\6" + struct.pack("<4H2IH", 0, 0, 1, 1, count, 4, 0)


def overlapping() -> bytes:
    """A hundred entries of a directory that are all the same bytes of the file."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as written:
        written.writestr("model/data.pkl", bytes(9000))
        first = written.filelist[0]
        for index in range(100):
            again = zipfile.ZipInfo(f"model/data/{index:05}")
            again.header_offset = again.CRC = 0
            again.file_size = again.compress_size = first.file_size
            written.filelist.append(again)
    return held.getvalue()


def twice(name: str) -> bytes:
    other = name[:-1] + "?"
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as written:
        written.writestr(name, program(b"}"))
        written.writestr(other, program(b"}"))
    return held.getvalue().replace(other.encode(), name.encode())


def encrypted() -> bytes:
    whole = bytearray(saved(dictionary(**{W: FINE})))
    whole[whole.index(b"PK\1\2") + 8] |= 1
    return bytes(whole)


def two_pickles() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as written:
        written.writestr("a/data.pkl", program(b"}"))
        written.writestr("b/data.pkl", program(b"}"))
    return held.getvalue()


def legacy(body: bytes) -> bytes:
    head: tuple[object, ...] = (torch_files._MAGIC, 1001, {})
    return b"".join(pickle.dumps(value, 2) for value in head) + program(body)


def copies() -> bytes:
    """A list of 20,000 numbers is made a set of 300 times: 600 MB where such calls are made."""
    listed = b"]q\1(" + b"".join(map(number, range(20_000))) + b"e\x85q\2"
    return b"cbuiltins\nset\nq\0" + listed + b"](" + b"h\0h\2R" * 300 + b"e"


HEADER = safetensors({W: safe((2, 2), 0, 16)}, bytes(16))
ARCHIVE = saved(dictionary(**{W: FINE}))

# What the file is -> its bytes, and a part of the sentence that is said of it.
FILES = {
    "empty": (b"", "it is empty"),
    "text": (b"import torch\n" * 9, "begins like neither"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(99), "begins like neither"),
    "gzip": (gzip.compress(ARCHIVE), "begins like neither"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(99), "begins like neither"),
    "random": (bytes(range(1, 99)), "begins like neither"),
    # safetensors
    "safe: cut in the header": (HEADER[:30], "its header is 76 bytes long"),
    "safe: cut in the numbers": (HEADER[:-1], "its tensors end at byte 100"),
    "safe: more than it says": (HEADER + b"PK", "its tensors end at byte 100"),
    "safe: length of 2**63": (struct.pack("<Q", 2**63) + b"{}", "bytes long"),
    "safe: header of 17 MB": (safetensors(b"{" + bytes(17 * MIB)), "is the most"),
    "safe: no JSON": (safetensors(b"{nope}"), "its header is no JSON"),
    "safe: no text": (safetensors(b'{"\xff\xfe": 1}'), "its header is no JSON"),
    "safe: deep": (safetensors(b'{"a":' * 90_000), "nested too deeply"),
    "safe: million lists": (
        safetensors(b'{"a":[' + b"[]," * MIB + b"[]]}"),
        "more parts",
    ),
    "safe: same key twice": (
        safetensors(b'{"a": 1, "a": 2}'),
        "has the same key twice",
    ),
    "safe: same shape twice": (
        safetensors(b'{"a": {"dtype": "F32", "shape": [1], "shape": [2], "data_offsets": [0, 4]}}'),
        "has the same key twice",
    ),
    "safe: NaN": (safetensors({W: safe((float("nan"),), 0, 4)}), "says NaN"),
    "safe: infinite": (safetensors({W: safe((1,), 0, float("inf"))}), "Infinity"),
    "safe: 1e999": (
        safetensors(b'{"a": {"dtype": "F32", "shape": [1e999], "data_offsets": [0, 4]}}'),
        "no sizes",
    ),
    "safe: 9999 digits": (
        safetensors(b'{"a": {"shape": [' + b"9" * 9999 + b"]}}"),
        "its header is no JSON",
    ),
    "safe: negative": (safetensors({W: safe((-2, -2), 0, 16)}), "no sizes"),
    "safe: True": (safetensors({W: safe((True,), 0, 4)}, bytes(4)), "no sizes"),
    "safe: product": (safetensors({W: safe((2**40, 2**40), 0, 4)}), "64-bit"),
    "safe: bytes": (safetensors({W: safe((3,), 0, 4)}, bytes(4)), "does not take"),
    "safe: reversed": (safetensors({W: safe((1,), 4, 0)}, bytes(4)), "no two places"),
    "safe: negative place": (safetensors({W: safe((1,), -4, 0)}), "no two places"),
    "safe: beyond": (safetensors({W: safe((2**30,), 0, 2**32)}), "tensors end at"),
    "safe: overlap": (
        safetensors({"a": safe((2,), 0, 8), "b": safe((2,), 4, 12)}, bytes(12)),
        "b does not begin where the tensor before it ends",
    ),
    "safe: gap": (
        safetensors({"a": safe((1,), 0, 4), "b": safe((1,), 8, 12)}, bytes(12)),
        "b does not begin where",
    ),
    "safe: dtype": (safetensors({W: safe((1,), 0, 4, "F7")}, bytes(4)), "dtype 'F7'"),
    "safe: no object": (safetensors({W: [1, 2]}), "has no dtype, shape and"),
    "safe: long name": (safetensors({"n" * 1001: safe((1,), 0, 4)}), "1,000 char"),
    # archives of torch.save
    "zip: cut": (ARCHIVE[:-30], "broken or cut off"),
    "zip: cut early": (ARCHIVE[:100], "broken or cut off"),
    "zip: another": (archive(b"").replace(b"data.pkl", b"word.xml"), "without the data.pkl"),
    "zip: two pickles": (two_pickles(), "without the data.pkl"),
    "zip: same entry twice": (twice("model/data.pkl"), "two entries of the same name"),
    "zip: bomb": (
        archive(b"}" * 100 * MIB, compression=zipfile.ZIP_DEFLATED),
        "compressed or encrypted",
    ),
    "zip: name": (
        archive(b"}" * 99, compression=zipfile.ZIP_DEFLATED).replace(b"model/", b"\x1b[2J\n/"),
        "'\\x1b[2J\\n/data.pkl' is compressed",
    ),
    "zip: encrypted": (encrypted(), "compressed or encrypted"),
    "zip: overlap": (overlapping(), "overlap"),
    "zip: directory": (directory_of(20 * MIB), "directory of its archive is too large"),
    "zip: crc": (ARCHIVE.replace(b"FloatStorage", b"FlowtStorage"), "broken or cut off"),
    "zip: storage missing": (archive(program(dictionary(**{W: FINE}))), "0 bytes of 1,600"),
    "zip: storage short": (saved(dictionary(**{W: FINE}), 1599), "1,599 bytes of 1,600"),
    # pickles
    "pickle: empty": (archive(b""), "pickle is broken or cut off"),
    "pickle: cut": (archive(program(dictionary(**{W: FINE}))[:-20]), "pickle is broken"),
    "pickle: stack": (saved(b"}u"), "pickle is broken"),
    "pickle: memo": (saved(b"h\x07"), "pickle is broken"),
    "pickle: no STOP": (archive(b"\x80\x02}"), "pickle is broken"),
    "pickle: operation": (saved(b"\x82\x01"), "uses EXT1"),
    "pickle: 2**60 bytes": (saved(b"\x96" + struct.pack("<Q", 2**60)), "pickle is broken"),
    "pickle: in itself": (saved(b"}q\0(" + text("a") + b"h\0u"), "has no recurrent layer"),
    "pickle: 2**60 paths": (saved(nested(60)), "has no recurrent layer"),
    "pickle: deep": (saved(b"}" + (text("a") + b"}") * 9999 + b"s" * 9999), "too deeply"),
    "pickle: name": (saved(dictionary(**{"n" * 1001: FINE})), "1,000 characters"),
    "pickle: twice": (
        saved(b"}(" + (text(W) + FINE) * 2 + b"u"),
        f"names {W} twice",
    ),
    "tensor: negative": (saved(dictionary(**{W: tensor((-8, 5), (5, 1))})), "no sizes"),
    "tensor: stride": (saved(dictionary(**{W: tensor((8, 5), (-5, 1))})), "no sizes"),
    "tensor: huge": (saved(dictionary(**{W: tensor((2**999,), (1,))})), "no sizes"),
    "tensor: axes": (saved(dictionary(**{W: tensor((1,) * 99, (1,) * 99)})), "no sizes"),
    "tensor: larger": (saved(dictionary(**{W: tensor((81, 5), (5, 1))})), "larger than its"),
    "tensor: behind": (saved(dictionary(**{W: tensor((80, 5), (5, 1), 1)})), "larger than"),
    "tensor: before": (saved(dictionary(**{W: tensor((8,), (1,), -1)})), "no place in its"),
    "tensor: strides": (saved(dictionary(**{W: tensor((8, 5), (1,))})), "no place in its"),
    "tensor: storage": (saved(dictionary(**{W: tensor((8,), (1,), 0, -1)})), "without a size"),
    "tensor: no storage": (
        saved(dictionary(**{W: b"ctorch._utils\n_rebuild_tensor_v2\n)R"})),
        "without a storage",
    ),
    "tensor: dtype": (
        saved(dictionary(**{W: tensor((8,), (1,), storage="os\nsystem")})),
        "dtype 'system'",
    ),
    "tensor: many": (
        saved(dictionary(**{W: tensor((2**62,), (0,))})),
        "more numbers than a 64-bit number",
    ),
    # the format before torch 1.6, and pickles that torch did not write
    "old: another pickle": (pickle.dumps({"a": 1}, 2), "that torch.save did not write"),
    "old: cut": (legacy(dictionary(**{W: FINE}))[:40], "pickle is broken or cut off"),
    "old: storage": (
        legacy(dictionary(**{W: tensor((10**9,), (1,), 0, 10**9)})),
        "bytes of 4,000,000,000",
    ),
    # pickles that would run something
    "attack: alone": (saved(call("os.mkdir", "MARKER")), "has no recurrent layer"),
    "attack: as a weight": (
        saved(dictionary(**{W: call("os.mkdir", "MARKER")})),
        "has no recurrent layer",
    ),
    "attack: old": (legacy(call("os.mkdir", "MARKER")), "has no recurrent layer"),
    "attack: no torch": (program(call("os.mkdir", "MARKER")), "torch.save did not write"),
    "attack: protocol 4": (
        archive(program(text("os") + text("mkdir") + b"\x93(" + text("MARKER") + b"tR", 4)),
        "has no recurrent layer",
    ),
    "attack: builds": (
        saved(b"cos\nmkdir\n)\x81" + dictionary(__setstate__=call("os.mkdir", "MARKER")) + b"b"),
        "has no recurrent layer",
    ),
    "attack: copies": (saved(copies()), "has no recurrent layer"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged")


@pytest.mark.parametrize("name", FILES)
def test_one_sentence_nothing_run_and_little_memory(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    content, said = FILES[name]
    path = tmp_path / "model.pt"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        status = run(["inspect", path.name])
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    printed = capsys.readouterr()
    assert (status, printed.out) == (2, "")
    assert printed.err.startswith("rnnscope: ")
    assert printed.err.count("\n") == 1
    assert said in printed.err
    assert len(printed.err) < 400
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name], "something was run"
    assert most < 48 * MIB


def test_there_are_thirty_and_more() -> None:
    assert len(FILES) >= 60


def test_the_attack_would_run_where_pickles_are_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "model.pt"
    path.write_bytes(FILES["attack: alone"][0])
    with pytest.raises(RnnscopeError):
        rnnscope.inspect(path)
    assert not (tmp_path / "MARKER").exists()
    torch.load(path, weights_only=False)
    assert (tmp_path / "MARKER").exists()


def test_a_pickle_of_too_many_operations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickles, "MOST_OPERATIONS", 1000)
    path = tmp_path / "model.pt"
    path.write_bytes(saved(b"}" * 1000))
    with pytest.raises(TargetError, match="more than 1,000 operations"):
        rnnscope.inspect(path)


def test_a_pickle_of_too_many_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_files, "MOST_PICKLE", 1000)
    path = tmp_path / "model.pt"
    path.write_bytes(saved(b"}" * 1000))
    with pytest.raises(TargetError, match="1,000 is the most"):
        rnnscope.inspect(path)


def test_what_is_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "model.pt"
    folder.mkdir()
    assert run(["inspect", str(folder)]) == 2
    assert "it is no file" in capsys.readouterr().err
    assert run(["inspect", str(tmp_path / "none.pt")]) == 2
    assert "No such file or directory" in capsys.readouterr().err


@at_least(300)
@given(data=st.data(), base=st.sampled_from(["zip", "pickle", "old", "safe"]))
def test_a_damaged_file_is_read_or_refused(folder: Path, data: st.DataObject, base: str) -> None:
    body = program(dictionary(rnn=dictionary(**{W: FINE, "weight_hh_l0": FINE})))
    sound = {"safe": HEADER, "old": legacy(dictionary(**{W: FINE})), "pickle": body}
    content = bytearray(sound.get(base, ARCHIVE))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content) - 1))
        stop = start + data.draw(st.integers(0, 8))
        content[start:stop] = data.draw(st.binary(max_size=8))
        content = content or bytearray(b"P")
    path = folder / "model.pt"
    path.write_bytes(archive(bytes(content), {"0": bytes(1600)}) if base == "pickle" else content)
    said = ""
    try:
        rnnscope.inspect(path)
    except RnnscopeError as error:
        said = str(error)
    assert said.isprintable()


def test_a_name_cannot_steer_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.safetensors"
    header = {
        f"\x1b[2J\u202eevil.{name}": safe((3, 3), at, at + 36)
        for name, at in ((W, 0), ("weight_hh_l0", 36))
    }
    path.write_bytes(safetensors(header, bytes(72)))
    assert run(["inspect", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "\\x1b[2J\\u202eevil" in shown
    assert shown.isascii() or not set(shown) & {"\x1b", "\u202e"}
