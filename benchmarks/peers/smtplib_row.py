"""What people write: smtplib, one connection, an EmailMessage for each mail."""

import json
import os
import smtplib
import sys
import time

from benchmarks.ground import Ground
from benchmarks.mail import load_letter, write_mail
from benchmarks.peers.peer import by_program, peer_row
from benchmarks.processes import module
from benchmarks.rows import Row


def smtplib_rows(ground: Ground) -> list[Row]:
    return [
        peer_row(
            ground,
            by_program(module("benchmarks.peers.smtplib_row")),
            key="smtplib",
            title="smtplib, one connection, an EmailMessage per mail (no database)",
            how="a loop, from its first mail to its last",
        )
    ]


def main() -> None:
    letter, many = load_letter(os.environ["BENCH_LETTER"]), int(os.environ["BENCH_MANY"])
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", int(os.environ["BENCH_PORT"])) as server:
        for number in range(many):
            server.send_message(write_mail(letter, number))
    sys.stdout.write(json.dumps({"seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
