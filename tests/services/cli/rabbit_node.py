"""A private RabbitMQ node for a test: its own ports, files and port mapper, and nothing of it left behind."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.services.cli.program import PATIENCE, until

PLACES = (Path("/usr/lib/rabbitmq/bin/rabbitmq-server"),)
"""Debian's program on the path steps down to an account of its own; the one below it runs as whoever calls it."""


def program() -> str | None:
    """The server's program, if there is one on this machine."""
    if shutil.which("epmd") is None:
        return None
    return next((str(place) for place in PLACES if place.exists()), shutil.which("rabbitmq-server"))


class RabbitNode:
    """A node on free ports of this machine."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._port, self._distribution, self._mapper_port = _free_ports(3)
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        """The address for clients."""
        return f"amqp://guest:guest@127.0.0.1:{self._port}/"

    def start(self) -> None:
        """Start it if it does not run, and wait until it answers."""
        if self._answers():
            return
        found = program()
        assert found is not None
        mapper = ["epmd", "-port", str(self._mapper_port), "-address", "127.0.0.1"]
        if not self._processes:
            self._run(mapper, dict(os.environ))
        (self._home / "plugins").write_text("[].")
        self._run([found], {**os.environ, **self._variables()})
        until(self._answers)

    def kill(self) -> None:
        """Kill the node as a power cut would."""
        self._end(self._processes.pop())
        until(lambda: not self._answers())

    def close(self) -> None:
        """End everything."""
        while self._processes:
            self._end(self._processes.pop())

    def _variables(self) -> Mapping[str, str]:
        home = self._home
        return {
            "HOME": str(home),
            "ERL_EPMD_PORT": str(self._mapper_port),
            "RABBITMQ_NODENAME": f"test-{self._port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(self._distribution),
            "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
            "RABBITMQ_LOG_BASE": str(home),
            "RABBITMQ_LOGS": str(home / "node.log"),
            "RABBITMQ_PID_FILE": str(home / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(home / "none"),
            "RABBITMQ_CONF_ENV_FILE": str(home / "none"),
        }

    def _run(self, command: list[str], environment: Mapping[str, str]) -> None:
        with (self._home / "out").open("ab") as out:
            self._processes.append(
                subprocess.Popen(
                    command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, process_group=0
                )
            )

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1) as asked:
            asked.sendall(b"AMQP\x00\x00\x09\x01")
            return bool(asked.recv(1))
        return False

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)


def _free_ports(count: int) -> list[int]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [int(listener.getsockname()[1]) for listener in listeners]
    finally:
        for listener in listeners:
            listener.close()
