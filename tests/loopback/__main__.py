"""A provider to try things by hand: `python -m tests.loopback --port 8777 --tokens-per-s 50`."""

from __future__ import annotations

import argparse
import threading

from tests.loopback.server import LoopbackProvider


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.loopback", description=__doc__)
    parser.add_argument("--port", type=int, default=8777)
    parser.add_argument("--tokens-per-s", type=float, default=50.0)
    parser.add_argument("--size-kb", type=float, default=2.0, help="size of one answer")
    args = parser.parse_args()
    with LoopbackProvider(
        port=args.port, tokens_per_s=args.tokens_per_s, size_kb=args.size_kb
    ) as server:
        print(f"CUSTOM_BASE_URL={server.base_url}")
        print(f"ANTHROPIC_BASE_URL={server.root_url}")
        print("Ctrl-C ends it.")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("Stopped.")


if __name__ == "__main__":
    main()
