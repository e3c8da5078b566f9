"""A real telephone on loopback: a softphone (baresip) and a peer that answers (SIPp), each a process of its own."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from liangqing.outreach.channels.softphone import Softphone


def _port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _needed(*programs: str) -> None:
    """Skip where they are not installed; ``LIANGQING_SIP=required`` makes that a failure."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        said = f"no SIP peer to call: {', '.join(missing)} not installed (Debian: baresip-core, sip-tester)"
        if os.environ.get("LIANGQING_SIP") == "required":
            pytest.fail(said)
        pytest.skip(said)


@contextmanager
def ringing(folder: Path) -> Iterator[tuple[str, int]]:
    """The softphone's control address, and the port of the peer that answers."""
    _needed("baresip", "sipp")
    control, mine, peer = _port(), _port(), _port()
    modules = next(
        path for path in ("/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules") if Path(path).exists()
    )
    with wave.open(str(folder / "tone.wav"), "wb") as tone:
        tone.setnchannels(1)
        tone.setsampwidth(2)
        tone.setframerate(8000)
        tone.writeframes(b"".join(struct.pack("<h", (place % 40) * 200) for place in range(8000 * 20)))
    home = folder / "softphone"
    home.mkdir()
    (home / "accounts").write_text(f"<sip:desk@127.0.0.1:{mine}>;regint=0\n")
    (home / "config").write_text(
        f"poll_method epoll\nsip_listen 127.0.0.1:{mine}\naudio_player aufile,/dev/null\n"
        f"audio_source aufile,{folder}/tone.wav\naudio_alert aufile,/dev/null\naudio_srate 8000-8000\n"
        f"audio_channels 1\nmodule_path {modules}\nmodule g711.so\nmodule aufile.so\nmodule_tmp uuid.so\n"
        f"module_tmp account.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\nctrl_tcp_listen 127.0.0.1:{control}\n"
    )
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    answering = subprocess.Popen(["sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", str(peer), "-nostdin"], **quiet)
    phone = subprocess.Popen(["baresip", "-f", str(home)], **quiet)
    try:
        waiting = Softphone("", {"": f"127.0.0.1:{control}"})
        until = time.monotonic() + 30
        while not waiting.check().accepted and time.monotonic() < until:
            assert phone.poll() is None, "the softphone ended"
            time.sleep(0.1)
        yield f"127.0.0.1:{control}", peer
    finally:
        for process in (phone, answering):
            process.terminate()
            process.wait(10)
