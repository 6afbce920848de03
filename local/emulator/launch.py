"""Starts MiniStack so that it can neither leave this machine nor outlive the desk.

Run by ministack.ts as the leader of a process group of its own, with a pipe as standard input.
"""

import asyncio
import ipaddress
import os
import resource
import signal
import socket
import sys
import threading
import time
from pathlib import Path

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config

GRACE = 2.0  # seconds
TRIES = 11  # of one batch of a stream, as lib/delivery.ts has it
LOOKUPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"}


def is_loopback(host):
    """True for an address of 127.0.0.0/8, ::1, the name `localhost`, or "listen here" (None, "")."""
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback
    except ValueError:
        return False


def refuse_the_world(event, args):
    """An audit hook sees every connection and name lookup of the interpreter before it happens."""
    if event in LOOKUPS:
        host = args[0][0] if event == "socket.getnameinfo" else args[0]
        if not is_loopback(host):
            raise socket.gaierror(socket.EAI_NONAME, f"the local emulator looks up no names: {host}")
    elif event in ("socket.connect", "socket.sendto"):
        address = args[1]
        if isinstance(address, tuple) and not is_loopback(address[0]):
            raise ConnectionRefusedError(f"the local emulator talks to this machine only, not to {address[0]}")


def stop_with_parent():
    """The desk holds the other end of our standard input: its end, by whatever cause, is ours."""
    try:
        while os.read(0, 1024):
            pass
    except OSError:
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def leave():
    """Ends this process and its group, in which the Node processes of emulated Lambda functions are."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(os.getpgrp(), signal.SIGTERM)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


async def serve(emulator, at_end):
    """Serves until SIGTERM, then saves the state and leaves.

    MiniStack's own end waits for whatever function is running (measured: 20 s and more, unsaved);
    GRACE is what we grant it before we save in its place. What is cut off then is what a crash cuts off.
    """
    stop, saved = asyncio.Event(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)

    async def application(scope, receive, send):
        await emulator.app(scope, receive, send)
        if scope["type"] == "lifespan":
            saved.set()

    config = Config()
    config.bind = [f"{os.environ['BIND_HOST']}:{os.environ['GATEWAY_PORT']}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = GRACE
    server = asyncio.create_task(hypercorn_serve(application, config, shutdown_trigger=stop.wait))
    await asyncio.wait({server, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
    if server.done() and not stop.is_set():
        server.result()
    try:
        await asyncio.wait_for(saved.wait(), GRACE)
    except asyncio.TimeoutError:
        emulator.save_all(emulator._build_persistence_save_dict())
    try:
        at_end()
    finally:
        leave()


def read_streams_anew():
    """A restart begins every DynamoDB stream empty, but keeps how far each consumer had read in the old one.

    What comes next would not be delivered before the stream is as long again: consumers begin with the stream.
    """
    from ministack.services import lambda_svc

    restore = lambda_svc._restore_esm_positions

    def restore_others(store, positions):
        if store is not lambda_svc._dynamodb_stream_positions:
            restore(store, positions)

    lambda_svc._restore_esm_positions = restore_others


def retry_what_is_reported():
    """A consumer of a stream may report records as failed (`batchItemFailures`): AWS brings the batch again from there.

    MiniStack takes such an answer for success, and what could not be done would wait for reconcile. To it the batch
    has failed now, so that it comes again, until AWS would set it aside.
    """
    from ministack.services import lambda_svc

    execute = lambda_svc._execute_function
    tries = {}

    def execute_and_look(func, event):
        result = execute(func, event)
        records = event.get("Records") if isinstance(event, dict) else None
        if not records or records[0].get("eventSource") != "aws:dynamodb":
            return result
        body = result.get("body")
        batch = (func["config"]["FunctionName"], records[0].get("eventID"))
        tries[batch] = tries.get(batch, 0) + 1
        failed = isinstance(body, dict) and body.get("batchItemFailures")
        if failed and tries[batch] < TRIES:
            return {**result, "error": True}
        del tries[batch]
        return result

    lambda_svc._execute_function = execute_and_look


def gather_batches():
    """Lambda waits MaximumBatchingWindowInSeconds for a batch of a queue to fill, and fills it beyond ten messages.

    The emulator keeps both numbers of a mapping, but takes at once what there is, ten at most.
    """
    from ministack.services import lambda_svc, sqs

    receive = sqs._receive_messages_for_esm

    def still_gathers(queue_url, most):
        queue = sqs._get_q(queue_url)
        arn = queue["attributes"].get("QueueArn")
        mappings = [each for each in lambda_svc._esms.values() if each.get("EventSourceArn") == arn]
        window = max((each.get("MaximumBatchingWindowInSeconds") or 0 for each in mappings), default=0)
        now = time.time()
        ready = [m for m in list(queue["messages"]) if m.get("visible_at", m["sent_at"]) <= now]
        oldest = min((m.get("visible_at", m["sent_at"]) for m in ready), default=now)
        return len(ready) < most and now - oldest < window

    def receive_gathered(queue_url, most):
        batch = []
        if still_gathers(queue_url, most):
            return batch
        while len(batch) < most:
            more = receive(queue_url, most - len(batch))
            if not more:
                break
            batch += more
        return batch

    sqs._receive_messages_for_esm = receive_gathered


def main():
    sys.addaudithook(refuse_the_world)
    threading.Thread(target=stop_with_parent, daemon=True).start()
    # Each Lambda worker takes three pipes; the soft limit of 1,024 is soon reached.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    from ministack import app as emulator

    read_streams_anew()
    retry_what_is_reported()
    gather_batches()
    # -I leaves this folder off the path; a checkout stays clean.
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(Path(__file__).parent))
    import authorise

    asyncio.run(serve(emulator, authorise.install(os.environ["REQUESTS_DIR"])))


if __name__ == "__main__":
    main()
