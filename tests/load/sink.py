"""A mail server that takes everything, in a process of its own. For chaos it also says no, is slow, and hangs up.

`python -m tests.load.sink FILE [CHAOS]`: writes its port to standard output, and a line a letter it took to FILE.
"""

import asyncio
import random
import sys
from typing import Any, TextIO

from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import SMTP


class Sink:
    """Args: chaos: the share of letters that are refused, delayed, or cut off, by turns."""

    def __init__(self, taken: TextIO, chaos: float) -> None:
        self.taken, self.chaos, self.dice = taken, chaos, random.Random(7)

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        if self.dice.random() < self.chaos:
            match self.dice.choice(["busy", "slow", "cut", "cut after taking"]):
                case "busy":
                    return "451 try again later"
                case "slow":
                    await asyncio.sleep(0.05)
                case "cut":
                    server.transport.close()
                    return "421 gone"
                case "cut after taking":  # it has the letter, and the other side does not learn of it
                    self.take(envelope, "cut")
                    server.transport.close()
                    return "421 gone"
        self.take(envelope)
        return "250 OK"

    def take(self, envelope: Any, how: str = "") -> None:
        lines = envelope.content.split(b"\r\n\r\n", 1)[0].decode().split("\r\n")
        name = next(line.partition(": ")[2] for line in lines if line.lower().startswith("message-id"))
        self.taken.write(f"{envelope.rcpt_tos[0]} {name} {how}\n")
        self.taken.flush()


def main() -> None:
    path, chaos = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    with open(path, "a", encoding="utf-8") as taken:
        controller = UnthreadedController(Sink(taken, chaos), hostname="127.0.0.1", port=0, loop=loop)
        controller.begin()
        print(controller.server.sockets[0].getsockname()[1], flush=True)
        loop.run_forever()


if __name__ == "__main__":
    main()
