"""Renew the kept sentences: `python -m tests.sentences`, or `make sentences`. Then read the diff."""

from __future__ import annotations

from tests.sentences.snapshot import renew

if __name__ == "__main__":
    renew()
