"""keygen, sign and verify, and what another implementation says of the same keys and images."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import stat
import struct
import subprocess
from pathlib import Path

import pytest
from conftest import Run
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MANIFEST = struct.Struct("<4sIIIBBHI8x")
TRAILER_BYTES = MANIFEST.size + 64
PAYLOAD = bytes(i * 7 % 256 for i in range(1001))


def good(result: subprocess.CompletedProcess[str]) -> str:
    assert (result.returncode, result.stderr) == (0, ""), result.stdout + result.stderr
    return result.stdout


def bad(result: subprocess.CompletedProcess[str], *words: str) -> None:
    """Wrong usage: exit code 4, nothing on stdout, and the words in what is said."""
    assert (result.returncode, result.stdout) == (4, ""), result.stdout + result.stderr
    for word in words:
        assert word in result.stderr


@pytest.fixture
def folder(cutproof: Run, tmp_path: Path) -> Path:
    """With a payload, a key pair, and the payload signed."""
    (tmp_path / "app.bin").write_bytes(PAYLOAD)
    good(cutproof("keygen", "--out", "key.pem", "--public", "key.h"))
    good(cutproof("sign", "app.bin", "--key", "key.pem", "--out", "app.signed"))
    return tmp_path


def private_of(path: Path) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    return key


def raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# --- keygen


def test_keys_are_those_of_other_tools(cutproof: Run, tmp_path: Path) -> None:
    said = good(cutproof("keygen", "--out", "key.pem", "--public", "public.pem"))
    public = private_of(tmp_path / "key.pem").public_key()
    assert f"public key {raw(public).hex()}\n" in said
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert (tmp_path / "public.pem").read_bytes() == pem


def test_header_compiles(folder: Path) -> None:
    public = raw(private_of(folder / "key.pem").public_key())
    (folder / "a.c").write_text(
        '#include "key.h"\n#include <stdio.h>\n'
        'int main(void) { for (int i = 0; i < 32; i++) printf("%02x", cp_public_key[i]); }\n'
    )
    subprocess.run(["gcc", "-Wall", "-Werror", "a.c", "-o", "a"], cwd=folder, check=True)
    told = subprocess.run([folder / "a"], capture_output=True, text=True, check=True)
    assert bytes.fromhex(told.stdout) == public


def test_private_key_is_for_its_owner(folder: Path) -> None:
    assert stat.S_IMODE((folder / "key.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "key.h").stat().st_mode) & 0o400


def test_no_two_keys_are_the_same(cutproof: Run, folder: Path) -> None:
    good(cutproof("keygen", "--out", "other.pem"))
    assert (folder / "other.pem").read_bytes() != (folder / "key.pem").read_bytes()


@pytest.mark.parametrize("taken", ["key.pem", "key.h"])
def test_keygen_overwrites_nothing(taken: str, cutproof: Run, folder: Path) -> None:
    kept = "key.h" if taken == "key.pem" else "key.pem"
    (folder / kept).unlink()
    before = (folder / taken).read_bytes()
    bad(cutproof("keygen", "--out", "key.pem", "--public", "key.h"), f"'{taken}' exists", "--force")
    assert (folder / taken).read_bytes() == before
    assert names(folder) == {"app.bin", "app.signed", taken}
    good(cutproof("keygen", "--out", "key.pem", "--public", "key.h", "--force"))
    assert (folder / taken).read_bytes() != before


def test_keygen_where_it_cannot_write(cutproof: Run, tmp_path: Path) -> None:
    bad(cutproof("keygen", "--out", "no/key.pem", "--public", "key.h"), "cannot write 'no/key.pem'")
    bad(cutproof("keygen", "--out", "a", "--public", "a"), "both name 'a'")
    bad(cutproof("keygen"), "keygen needs --out FILE")
    assert names(tmp_path) == set()


# --- sign


def test_format(cutproof: Run, folder: Path) -> None:
    options = ["--version", "1.2.3+4", "--security-counter", "77"]
    good(cutproof("sign", "app.bin", "--key", "key.pem", "--out", "a", *options))
    image = (folder / "a").read_bytes()
    assert len(image) % 32 == 0 and len(image) - len(PAYLOAD) - TRAILER_BYTES < 32
    payload, trailer = image[:-TRAILER_BYTES], image[-TRAILER_BYTES:]
    assert payload == PAYLOAD.ljust(len(payload), b"\xff")
    fields = MANIFEST.unpack(trailer[: MANIFEST.size])
    assert fields == (b"CPiM", 1, len(payload), 77, 1, 2, 3, 4)
    assert trailer[24:32] == bytes(8)


def test_another_implementation_agrees(folder: Path) -> None:
    key = private_of(folder / "key.pem")
    image = (folder / "app.signed").read_bytes()
    digest, signature = hashlib.sha512(image[:-64]).digest(), image[-64:]
    key.public_key().verify(signature, digest)
    assert key.sign(digest) == signature
    with pytest.raises(InvalidSignature):
        key.public_key().verify(signature, hashlib.sha512(image[:-65]).digest())


def test_what_another_implementation_signed_is_taken(cutproof: Run, folder: Path) -> None:
    key = Ed25519PrivateKey.generate()
    pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (folder / "theirs.pem").write_bytes(pem)
    body = PAYLOAD + MANIFEST.pack(b"CPiM", 1, len(PAYLOAD), 5, 1, 0, 0, 0)
    (folder / "theirs").write_bytes(body + key.sign(hashlib.sha512(body).digest()))
    said = good(cutproof("verify", "theirs", "--public-key", "theirs.pem"))
    assert re.search(r"security counter +5\n", said)


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl here")
def test_keys_of_openssl_sign(cutproof: Run, folder: Path) -> None:
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "ed25519", "-out", "o.pem"], cwd=folder, check=True
    )
    good(cutproof("sign", "app.bin", "--key", "o.pem", "--out", "a"))
    good(cutproof("verify", "a", "--public-key", "o.pem"))


def test_the_same_twice(cutproof: Run, folder: Path) -> None:
    good(cutproof("sign", "app.bin", "--key", "key.pem", "--out", "again"))
    assert (folder / "again").read_bytes() == (folder / "app.signed").read_bytes()


@pytest.mark.parametrize("unit", [1, 4, 1000, 4096])
def test_padding(unit: int, cutproof: Run, folder: Path) -> None:
    good(cutproof("sign", "app.bin", "--key", "key.pem", "--out", "a", "--pad-to", str(unit)))
    size = (folder / "a").stat().st_size
    assert size % unit == 0 and 0 <= size - len(PAYLOAD) - TRAILER_BYTES < unit
    good(cutproof("verify", "a", "--public-key", "key.h"))


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["app.bin", "--key", "key.pem"], ["--out FILE"]),
        (["app.bin", "--out", "a"], ["--key FILE"]),
        (["--key", "key.pem", "--out", "a"], ["one image"]),
        (["nowhere", "--key", "key.pem", "--out", "a"], ["cannot read 'nowhere'"]),
        (["empty", "--key", "key.pem", "--out", "a"], ["'empty' is empty"]),
        (["app.signed", "--key", "key.pem", "--out", "a"], ["signed image already"]),
        (["app.bin", "--key", "key.h", "--out", "a"], ["'key.h' holds no", "PEM"]),
        (["app.bin", "--key", "app.bin", "--out", "a"], ["'app.bin' holds no", "PEM"]),
        (["app.bin", "--key", "short.pem", "--out", "a"], ["'short.pem' holds no"]),
        (["app.bin", "--key", "rsa.pem", "--out", "a"], ["'rsa.pem' holds no"]),
        (["app.bin", "--key", "key.pem", "--out", "no/a"], ["cannot write 'no/a'"]),
        (["app.bin", "--key", "key.pem", "--out", "app.bin"], ["'app.bin' exists", "--force"]),
        (["app.bin", "--key", "key.pem", "--out", "a", "--version", "1.2"], ["X.Y.Z"]),
        (["app.bin", "--key", "key.pem", "--out", "a", "--version", "1.2.65536"], ["65535"]),
        (["app.bin", "--key", "key.pem", "--out", "a", "--version", "1.-2.3"], ["X.Y.Z"]),
        (["app.bin", "--key", "key.pem", "--out", "a", "--version", "1.2.3+"], ["X.Y.Z"]),
        (["app.bin", "--key", "key.pem", "--out", "a", "--security-counter", "-1"], ["from 0"]),
        (
            ["app.bin", "--key", "key.pem", "--out", "a", "--security-counter", "4294967296"],
            ["4294967295"],
        ),
        (["app.bin", "--key", "key.pem", "--out", "a", "--pad-to", "0"], ["from 1"]),
    ],
)
def test_sign_refuses(
    arguments: list[str], words: list[str], cutproof: Run, folder: Path
) -> None:
    (folder / "empty").write_bytes(b"")
    lines = (folder / "key.pem").read_text().splitlines()
    (folder / "short.pem").write_text("\n".join([lines[0], lines[1][:-4], lines[2], ""]))
    other = lines[1].replace("MC4CAQAwBQYDK2Vw", "MC4CAQAwBQYDK2Vu")  # X25519
    (folder / "rsa.pem").write_text("\n".join([lines[0], other, lines[2], ""]))
    before = names(folder)
    bad(cutproof("sign", *arguments), *words)
    assert names(folder) == before
    assert (folder / "app.bin").read_bytes() == PAYLOAD


def test_sign_in_place(cutproof: Run, folder: Path) -> None:
    good(cutproof("sign", "app.bin", "--key", "key.pem", "--out", "app.bin", "--force"))
    assert (folder / "app.bin").read_bytes() == (folder / "app.signed").read_bytes()


# --- verify


@pytest.mark.parametrize("key", ["key.h", "key.pem", "public.pem"])
def test_verify_takes_each_form_of_the_key(key: str, cutproof: Run, folder: Path) -> None:
    public = private_of(folder / "key.pem").public_key()
    (folder / "public.pem").write_bytes(
        public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    said = good(cutproof("verify", "app.signed", "--public-key", key))
    assert said.startswith("app.signed: signed with this key\n")


def test_verify_says_what_is_in_it(cutproof: Run, folder: Path) -> None:
    options = ["--version", "1.2.3+4", "--security-counter", "77"]
    good(cutproof("sign", "app.bin", "--key", "key.pem", "--out", "a", *options))
    said = good(cutproof("verify", "a", "--public-key", "key.h"))
    assert re.search(r"version +1\.2\.3\+4\n", said)
    assert re.search(r"security counter +77\n", said)
    told = json.loads(good(cutproof("verify", "a", "--public-key", "key.h", "--format", "json")))
    assert told == {
        "type": "image",
        "file": "a",
        "accepted": True,
        "refused": None,
        "size_bytes": 1120,
        "payload_size_bytes": 1024,
        "version": "1.2.3+4",
        "security_counter": 77,
    }


def refused(result: subprocess.CompletedProcess[str], why: str) -> None:
    assert (result.returncode, result.stderr) == (1, "")
    assert "REFUSED" in result.stdout and why in result.stdout


def test_verify_refuses(cutproof: Run, folder: Path) -> None:
    image = (folder / "app.signed").read_bytes()
    good(cutproof("keygen", "--out", "other.pem"))
    refused(cutproof("verify", "app.signed", "--public-key", "other.pem"), "the signature")
    for place in (0, 500, len(image) - TRAILER_BYTES + 12, len(image) - 64, len(image) - 1):
        changed = bytearray(image)
        changed[place] ^= 1
        (folder / "a").write_bytes(changed)
        refused(cutproof("verify", "a", "--public-key", "key.h"), "the signature")
    for size in (0, 1, 95, 96, 500, len(image) - 1):
        (folder / "a").write_bytes(image[:size])
        refused(cutproof("verify", "a", "--public-key", "key.h"), "no manifest")
    (folder / "a").write_bytes(image + b"\xff")
    refused(cutproof("verify", "a", "--public-key", "key.h"), "no manifest")


def test_verify_bad_input(cutproof: Run, folder: Path) -> None:
    bad(cutproof("verify", "app.signed"), "--public-key FILE")
    bad(cutproof("verify", "--public-key", "key.h"), "one signed image")
    bad(cutproof("verify", "nowhere", "--public-key", "key.h"), "cannot read 'nowhere'")
    bad(cutproof("verify", ".", "--public-key", "key.h"), "cannot read '.'")
    bad(cutproof("verify", "app.signed", "--public-key", "app.bin"), "'app.bin' holds no", "PEM")
    numbers = ", ".join(["0x01"] * 33)
    (folder / "long.h").write_text(f"key[] = {{{numbers}}};")
    bad(cutproof("verify", "app.signed", "--public-key", "long.h"), "'long.h' holds no")
