"""How far it is, in one line on a terminal; nothing in a pipe."""

import concurrent.futures
import sys


def wait(what, futures):
    """Until all are done, or one of them failed."""
    left = futures = list(futures)
    if not sys.stderr.isatty():
        concurrent.futures.wait(futures, return_when=concurrent.futures.FIRST_EXCEPTION)
        return
    failed = False
    while left and not failed:
        print(f"\r{what}: {len(futures) - len(left)} of {len(futures)}\033[K", end="", file=sys.stderr, flush=True)
        done, left = concurrent.futures.wait(left, timeout=0.2)
        failed = any(one.exception() for one in done)
    print("\r\033[K", end="", file=sys.stderr, flush=True)
