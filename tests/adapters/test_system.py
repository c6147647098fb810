import datetime as dt
import re
import subprocess
import sys
import time

from adapters.system import CROCKFORD, RandomIds, SystemClock, up_to
from domain.model.sync_flow_url import LIFETIME


CHARACTER = f"[{CROCKFORD}]"


def test_the_wall_clock_is_aware_and_in_utc() -> None:
    now = SystemClock().now()

    assert dt.timedelta(0) == now.utcoffset()
    assert abs(now - dt.datetime.fromtimestamp(time.time_ns() / 1e9, dt.UTC)) < LIFETIME


def test_the_monotonic_clock_never_goes_back() -> None:
    clock = SystemClock()

    readings = [clock.monotonic() for _ in range(1000)]

    assert sorted(readings) == readings


def test_names_have_a_prefix_and_a_ulid() -> None:
    ids = RandomIds()

    assert re.fullmatch(f"ss_[0-7]{CHARACTER}{{25}}", ids.sync_session())
    assert re.fullmatch(f"rd_[0-7]{CHARACTER}{{25}}", ids.redirect())


def test_names_sort_by_the_time_they_were_made() -> None:
    ids = RandomIds()
    earlier = [ids.sync_session() for _ in range(100)]
    time.sleep(0.002)
    later = [ids.sync_session() for _ in range(100)]

    assert max(earlier) < min(later)


def test_a_ulid_begins_with_the_milliseconds_since_1970() -> None:
    name = RandomIds().sync_session().removeprefix("ss_")

    milliseconds = sum(
        CROCKFORD.index(character) << 5 * place for place, character in enumerate(name[9::-1])
    )
    assert abs(milliseconds - time.time_ns() // 1_000_000) < 10_000


def test_no_two_names_are_the_same() -> None:
    ids = RandomIds()

    assert 10_000 == len({ids.sync_session() for _ in range(10_000)})
    assert 10_000 == len({ids.secret() for _ in range(10_000)})


def test_a_secret_has_43_characters_that_are_safe_in_a_url() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", RandomIds().secret())


def test_a_moment_is_somewhere_between_none_and_its_longest() -> None:
    moments = {up_to(0.1) for _ in range(1000)}

    assert 0.0 <= min(moments) < 0.02
    assert 0.08 < max(moments) <= 0.1


FORKING = """
import os
from adapters.system import RandomIds
ids = RandomIds()
ids.redirect()
child = os.fork()
given = [ids.redirect()[-16:] for _ in range(200)]
if child:
    # The child says its own first: two that write at once may write into each other's words.
    os.waitpid(child, 0)
print(*given, flush=True)
"""


def test_a_process_and_its_child_never_give_the_same_id() -> None:
    command = [sys.executable, "-c", FORKING]
    told = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  # it is the test's own

    given = told.stdout.split()

    assert [400, 400] == [len(given), len(set(given))]
