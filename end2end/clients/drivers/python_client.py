"""Drives the Python client `realtime` as an application does: one JSON command a line comes in on
standard input, answers and what the client reports go out on standard output."""

import asyncio
import json
import logging
import sys

from realtime import AsyncRealtimeClient

STATES = {"SUBSCRIBED": "joined", "CHANNEL_ERROR": "error", "TIMED_OUT": "timed out", "CLOSED": "closed"}


def out(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def feed(topic, kind, value):
    out({"topic": topic, "kind": kind, "value": value})


class Driver:
    def __init__(self, url, apikey, token):
        self.client = AsyncRealtimeClient(f"{url}/realtime/v1", apikey)
        self.token = token
        self.channels = {}
        self.acks = {}
        self.joins = set()

    async def join(self, topic, how):
        # The constructor takes one string for key and token; the token is set apart.
        await self.client.set_auth(self.token)
        broadcast = {"ack": how["ack"], "self": how["self"]}
        replay = how.get("replay")
        if replay is not None:
            broadcast["replay"] = replay
        config = {"broadcast": broadcast, "presence": {"key": how["key"], "enabled": how["presence"]}, "private": True}
        channel = self.client.channel(topic, {"config": config})
        self.channels[topic] = channel
        self.acks[topic] = how["ack"]

        def heard(message):
            meta = message.get("meta")
            # Of `meta` the client passes on the id only: go on after that.
            if replay is not None and meta and "id" in meta:
                replay.pop("after_seq", None)
                replay["after_id"] = meta["id"]
            feed(topic, "heard", {"event": message["event"], "payload": message["payload"], "meta": meta})

        channel.on_broadcast("*", heard)
        if how["presence"]:
            channel.on_presence_sync(lambda: feed(topic, "presence", plain(channel.presence_state())))

        def told(state, error):
            feed(topic, "told", {"state": STATES[state.value], "why": str(error) if error else None})

        task = asyncio.create_task(channel.subscribe(told))
        self.joins.add(task)
        task.add_done_callback(self.joins.discard)

    async def say(self, topic, event, payload):
        channel = self.channels[topic]
        if not self.acks[topic]:
            await channel.send_broadcast(event, payload)
            return {"status": "ok"}
        # `send_broadcast` hides the answer; `push` shows it.
        answered = asyncio.get_running_loop().create_future()

        def answer(status, response=None):
            if not answered.done():
                answered.set_result({"status": status, "response": response})

        push = await channel.push("broadcast", {"type": "broadcast", "event": event, "payload": payload})
        push.receive("ok", lambda _: answer("ok")).receive("error", lambda response: answer("error", response))
        push.receive("timeout", lambda: answer("timed out"))
        return await answered

    async def post(self, topic, event, payload):
        try:
            await self.channels[topic].http_send(event, payload)
            return {"ok": True}
        except Exception as error:
            return {"ok": False, "why": str(error)}

    async def track(self, topic, meta):
        await self.channels[topic].track(meta)
        return "ok"

    async def untrack(self, topic):
        await self.channels[topic].untrack()
        return "ok"

    async def renew(self, token):
        self.token = token
        await self.client.set_auth(token)

    async def leave(self, topic):
        await self.channels[topic].unsubscribe()
        return "ok"

    async def stop(self):
        await self.client.close()


def plain(state):
    """Who is there, without the references that only the client itself needs."""
    return {key: [{name: value for name, value in meta.items() if name != "presence_ref"} for meta in metas] for key, metas in state.items()}


async def main():
    options = json.loads(sys.argv[1])
    logging.getLogger("realtime").setLevel(logging.CRITICAL)
    driver = Driver(**options)
    commands = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    running = set()

    async def run(command):
        try:
            answer = {"result": await getattr(driver, command["do"])(*command["arguments"])}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        out({"id": command["id"], **answer})

    while line := await commands.readline():
        task = asyncio.create_task(run(json.loads(line)))
        running.add(task)
        task.add_done_callback(running.discard)


asyncio.run(main())
