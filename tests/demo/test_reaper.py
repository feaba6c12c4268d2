import os
import signal
import subprocess
import sys
from pathlib import Path

from outreach.demo import reaper


def test_it_ends_what_it_knows_though_nobody_is_left_to_hear_that_it_is_ready(
    tmp_path: Path,
) -> None:
    lives = [sys.executable, "-c", "import signal; signal.alarm(300); signal.pause()"]
    orphan = subprocess.Popen(lives, start_new_session=True)
    nobody, out = os.pipe()
    os.close(nobody)
    try:
        subprocess.run(
            [sys.executable, "-I", "-S", reaper.__file__, tmp_path / "reaper.lock"],
            input=f"start {orphan.pid} 0\n".encode("ascii"),
            stdout=out,
            timeout=20,
            check=True,
        )
        assert orphan.wait(timeout=5) == -signal.SIGTERM
    finally:
        os.close(out)
        orphan.kill()
        orphan.wait()
