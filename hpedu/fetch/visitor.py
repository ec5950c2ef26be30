"""Ask a public service as a polite visitor does: one request at a time, slowly, and again when it is busy."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

import httpx

from hpedu.decoding import decode_text, neutralise
from hpedu.errors import HpeduError, describe_error
from hpedu.texts import Message, message

BETWEEN = 1.0
"""Seconds before each request."""
PAUSES = (2.0, 4.0, 8.0, 16.0)
"""Seconds before each further attempt at a request that failed; after the last, it has failed for good."""
LONGEST = 300.0
"""Seconds that a service may ask to wait; one that wants more is asked again another day."""
BUSY = {429, 500, 502, 503, 504}
MOST_REDIRECTS = 5

_USER_AGENT = "hpedu (public education statistics; one request at a time)"
_TIMEOUT = 60.0

T = TypeVar("T")


class FetchFailed(HpeduError):
    """A service did not give what it was asked for. `code` is the status of its reply, 0 without one.

    `is_down` says that all attempts failed, so that asking it for more is no use today.
    """

    reason: Message
    code: int = 0
    is_down: bool = False


class Visitor:
    """One visit to the services: what was looked up in it is not looked up again."""

    def __init__(
        self,
        tell: Callable[[Message], None],
        *,
        wait: Callable[[float], None] = time.sleep,
        today: date | None = None,
    ) -> None:
        self.today = today or date.today()
        self._tell, self._wait = tell, wait
        self._client = httpx.Client(headers={"User-Agent": _USER_AGENT}, timeout=_TIMEOUT)
        self._seen: dict[str, httpx.Response] = {}

    def close(self) -> None:
        self._client.close()

    def begin_session(self) -> None:
        """Forget the cookies, as the web form of PX-Web wants it for each table."""
        self._client.cookies.clear()

    def look_up(self, address: str) -> httpx.Response:
        """Return a list of what there is; each is asked for once."""
        if address not in self._seen:
            self._seen[address] = self.ask("GET", address)
        return self._seen[address]

    def ask(self, method: str, address: str, **content: Any) -> httpx.Response:
        """Return the reply to a request.

        Raises `FetchFailed` if there is none after several attempts, or another one than the one that was asked
        for.
        """
        pauses = list(PAUSES)
        while True:
            self._wait(BETWEEN)
            asked = 0.0
            try:
                reply = self._follow(method, address, content)
            except httpx.RequestError as error:
                failure = FetchFailed(
                    message("fetch_no_answer", address=address, error=neutralise(describe_error(error)))
                )
            else:
                if reply.is_success:
                    return reply
                failure = _refuse(reply)
                after = reply.headers.get("Retry-After", "")
                asked = float(after) if after.isdecimal() else 0.0
                if reply.status_code not in BUSY:
                    raise failure
            if not pauses or asked > LONGEST:
                failure.is_down = True
                raise failure
            pause = max(pauses.pop(0), asked)
            self._tell(message("fetch_again", reason=failure.reason, seconds=round(pause)))
            self._wait(pause)

    def _follow(self, method: str, address: str, content: dict[str, Any]) -> httpx.Response:
        """Return the reply, by way of other pages of the same host only: a log-in page is mostly elsewhere."""
        reply = self._client.request(method, address, **content)
        for _ in range(MOST_REDIRECTS):
            if reply.next_request is None:
                return reply
            if reply.next_request.url.host != reply.request.url.host:
                break
            reply = self._client.send(reply.next_request)
        raise FetchFailed(message("fetch_redirected", address=address, other=reply.headers["Location"]))


def _refuse(reply: httpx.Response) -> FetchFailed:
    said = " ".join(neutralise(decode_text(reply.content[:2000])).split())[:200]
    address = str(reply.request.url)
    # A page made for the eye says nothing in one line.
    said = reply.reason_phrase if said.startswith("<") else said or reply.reason_phrase
    return FetchFailed(
        message("fetch_refused", address=address, code=reply.status_code, text=said), reply.status_code
    )


def read_reply(reply: httpx.Response, pick: Callable[[Any], T]) -> T:
    """Return what is wanted of a reply in JSON.

    Raises `FetchFailed` if it is no JSON, or not of the shape that the service describes, as a log-in page is.
    """
    try:
        return pick(json.loads(decode_text(reply.content).strip("\ufeff\x00 \r\n\t")))
    except (ValueError, LookupError, TypeError) as error:
        raise refuse_content(reply) from error


def refuse_content(reply: httpx.Response) -> FetchFailed:
    """Return the error of a reply that came without one, and is not what was asked for."""
    kind = reply.headers.get("Content-Type", "?")
    return FetchFailed(message("fetch_not_data", address=str(reply.url), kind=neutralise(kind)))
