"""What the event loop waits for: caches that look things up, and the watch that ends waits."""

import asyncio

import pytest

from gateway.caches import Remembered
from gateway.watch import ClientLeft, Stopping, TooLong, Watch, Watched


class Client:
    is_gone = False


def look_up(value, calls, gate=None):
    async def find():
        calls.append(value)
        if gate is not None:
            await gate.wait()
        return value

    return find


def test_a_value_is_looked_up_once_for_all_who_ask():
    async def story():
        remembered, calls, gate = Remembered(most=5), [], asyncio.Event()
        asking = [
            asyncio.create_task(remembered.get("k", look_up("v", calls, gate))) for _ in range(3)
        ]
        await asyncio.sleep(0)
        gate.set()
        return await asyncio.gather(*asking), await remembered.get("k", look_up("w", calls)), calls

    assert asyncio.run(story()) == (["v", "v", "v"], "v", ["v"])


def test_one_who_leaves_does_not_take_the_look_up_from_the_others():
    async def story():
        remembered, gate = Remembered(most=5), asyncio.Event()
        first = asyncio.create_task(remembered.get("k", look_up("v", [], gate)))
        second = asyncio.create_task(remembered.get("k", look_up("v", [], gate)))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        gate.set()
        return await second

    assert asyncio.run(story()) == "v"


def test_what_was_being_looked_up_when_it_changed_is_not_kept():
    async def story():
        remembered, gate, calls = Remembered(most=5), asyncio.Event(), []
        old = asyncio.create_task(remembered.get("k", look_up("old", calls, gate)))
        await asyncio.sleep(0)
        remembered.forget()
        gate.set()
        return await old, await remembered.get("k", look_up("new", calls))

    assert asyncio.run(story()) == ("old", "new")


def test_a_failed_look_up_is_tried_again():
    async def fail():
        raise LookupError

    async def story():
        remembered = Remembered(most=5)
        with pytest.raises(LookupError):
            await remembered.get("k", fail)
        return await remembered.get("k", look_up("v", []))

    assert asyncio.run(story()) == "v"


def test_the_least_used_goes_first():
    async def story():
        remembered = Remembered(most=2)
        for key in ("a", "b"):
            await remembered.get(key, look_up(key, []))
        remembered.known("a")
        await remembered.get("c", look_up("c", []))
        return [key for key in "abc" if remembered.known(key)], len(remembered)

    assert asyncio.run(story()) == (["a", "c"], 2)


def wait_under(watch_it):
    """Wait for ever under watch, while `watch_it` does something about it."""

    async def story():
        client = Client()
        watched = Watched(lambda: client.is_gone)
        asyncio.get_running_loop().call_soon(watch_it, watched, client)
        with watched.at_most(1_000):
            await asyncio.Event().wait()

    asyncio.run(story())


def test_a_wait_that_takes_too_long_ends():
    with pytest.raises(TooLong):
        wait_under(lambda watched, _client: watched.look(now=float("inf")))


def test_a_wait_for_a_client_that_left_ends():
    def leave(watched, client):
        client.is_gone = True
        watched.look(now=0)

    with pytest.raises(ClientLeft):
        wait_under(leave)


def test_a_wait_ends_with_the_gateway():
    with pytest.raises(Stopping):
        wait_under(lambda watched, _client: watched.end(Stopping))


def test_a_wait_ends_once_whatever_else_happens():
    def end_twice(watched, _client):
        watched.end(Stopping)
        watched.end(TooLong)

    with pytest.raises(Stopping):
        wait_under(end_twice)


def test_a_cancellation_from_elsewhere_stays_one():
    async def story():
        watched = Watched(lambda: False)
        task = asyncio.current_task()
        asyncio.get_running_loop().call_soon(task.cancel)
        with watched.at_most(1_000):
            await asyncio.Event().wait()

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(story())


def test_between_waits_nothing_is_ended():
    async def story():
        watched = Watched(lambda: False)
        watched.end(Stopping)
        watched.look(now=float("inf"))
        await asyncio.sleep(0)
        return "went on"

    assert asyncio.run(story()) == "went on"


def test_the_watch_tells_when_the_last_call_has_ended():
    async def story():
        watch, watched = Watch(), Watched(lambda: False)
        watch.add(watched)
        await watch.until_empty(longest_s=0)
        asyncio.get_running_loop().call_soon(watch.drop, watched)
        await watch.until_empty(longest_s=20)
        return len(watch)

    assert asyncio.run(story()) == 0
