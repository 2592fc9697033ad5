"""A real Kafka broker for tests: one node in KRaft mode, on loopback, started from jars that Maven fetched.

It ends with the process that started it, however that ends. `KAFKA_BOOTSTRAP_SERVERS` names brokers that are there
already: tests then use those, and tests that would have to kill them are skipped.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

CACHE = Path(os.environ.get("ARMSWATCH_KAFKA_LIBS") or Path.home() / ".cache/armswatch/kafka-4.4.0")
REQUIRED = os.environ.get("CI") == "true" or os.environ.get("ARMSWATCH_KAFKA") == "required"
GIVEN = tuple(filter(None, os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "").replace(" ", "").split(",")))
START_SECONDS = 90
_POM = Path(__file__).with_name("kafka_broker.xml")
_JVM = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+PerfDisableSharedMem")
_LOG4J = """\
rootLogger.level=warn
rootLogger.appenderRef.file.ref=file
appender.file.type=File
appender.file.name=file
appender.file.fileName=${sys:kafka.logfile}
appender.file.layout.type=PatternLayout
appender.file.layout.pattern=%d %p %c %m%n
"""
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={directory}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=4194304
log.cleaner.threads=1
num.network.threads=2
num.io.threads=4
auto.create.topics.enable=false
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
log.retention.check.interval.ms=86400000
"""
# One that was killed is let in again only once its earlier life is held for over, 9 s by default.
BACK_SOON = """\
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=400
"""
# Kills the process named first, once its own input ends unsaid: when whoever held the other end is gone.
_GUARD = 'read word || kill -9 "$0" 2>/dev/null'


class BrokerMissing(Exception):
    """No broker can be started here; says why."""


class Given(NamedTuple):
    """Brokers that somebody else runs."""

    servers: tuple[str, ...]


def class_path(cache: Path = CACHE) -> str:
    """Give the broker's jars, fetched the first time.

    Raises:
        BrokerMissing: no Java, no Maven, or nothing to fetch from.
    """
    for program in ("java", "mvn"):
        if not shutil.which(program):
            raise BrokerMissing(f"no {program} here")
    done = cache / "complete"
    if not done.exists():
        _fetch(cache)
        done.touch()
    return ":".join(sorted(map(str, cache.glob("*.jar"))))


class Broker:
    """A broker of its own, with data in `directory`. It may be killed and started again on the same port and data.

    Args:
        extra: lines of its settings; the last one of a kind holds.
        ports: for clients and for controllers; free ones by default.
        cluster: the id of the cluster that it is part of; one of its own by default.
    """

    def __init__(
        self, directory: Path, extra: str = "", *, ports: tuple[int, int] | None = None, cluster: str = ""
    ) -> None:
        self.port, controller = ports or free_ports(2)
        self.servers = (f"127.0.0.1:{self.port}",)
        self.directory = directory
        self._classes = class_path()
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "log4j2.properties").write_text(_LOG4J)
        self._settings = directory / "server.properties"
        lines = _PROPERTIES.format(port=self.port, controller=controller, directory=directory) + extra
        self._settings.write_text(lines)
        self._format(dict(line.split("=", 1) for line in lines.splitlines() if "=" in line), cluster or identity())

    @property
    def pid(self) -> int:
        """The process it runs as."""
        assert self._process, "it does not run"
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.launch()
        self.await_ready()

    def launch(self) -> None:
        """Start it without waiting."""
        with (self.directory / "out.txt").open("ab") as out:
            self._process = subprocess.Popen(
                [*self._java(), "kafka.Kafka", str(self._settings)],
                stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, str(self._process.pid)], stdin=subprocess.PIPE, start_new_session=True
        )

    def await_ready(self) -> None:
        """Wait until it answers.

        Raises:
            BrokerMissing: it never does.
        """
        deadline = time.monotonic() + START_SECONDS
        while not _answers(self.port):
            if not self.runs or time.monotonic() > deadline:
                self.kill()
                raise BrokerMissing(f"it did not start: {self._said()}")
            time.sleep(0.05)

    def stop(self, how: int = signal.SIGTERM) -> None:
        """End it, if it runs, and wait until it has ended."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(how)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None
        if self._guard:
            self._guard.communicate(b"over\n")
            self._guard = None

    def kill(self) -> None:
        """End it as a loss of power would."""
        self.stop(signal.SIGKILL)

    def pause(self) -> None:
        """Have it hang: connections stay open, nothing is answered."""
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Have it answer again."""
        os.kill(self.pid, signal.SIGCONT)

    def tool(self, name: str, *arguments: str) -> str:
        """Run one of the broker's own programs, by its class; return what it prints."""
        command = [*self._java(), name, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        if done.returncode:
            raise BrokerMissing(f"{name} failed: {done.stdout[-500:]}{done.stderr[-500:]}")
        return done.stdout

    def _format(self, settings: dict[str, str], cluster: str) -> None:
        """Make its storage: a copy of one that was made before, under ids of its own, since making one takes seconds."""
        template = CACHE / "formatted"
        data = Path(settings["log.dirs"])
        if not template.exists():
            with tempfile.TemporaryDirectory(dir=CACHE) as draft:
                self.tool("kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(self._settings))
                made = Path(shutil.move(data, Path(draft) / "data"))
                with suppress(OSError):  # somebody else was quicker
                    made.rename(template)
        shutil.copytree(template, data, dirs_exist_ok=True)
        (data / "meta.properties").write_text(
            f"version=1\nnode.id={settings['node.id']}\ncluster.id={cluster}\ndirectory.id={identity()}\n"
        )

    def _java(self) -> Sequence[str]:
        settings = f"-Dlog4j2.configurationFile={self.directory / 'log4j2.properties'}"
        return ["java", *_JVM, settings, f"-Dkafka.logfile={self.directory / 'b.log'}", "-cp", self._classes]

    def _said(self) -> str:
        return "".join(path.read_text()[-800:] for path in self.directory.glob("*.[lt][ox][gt]"))


def free_ports(count: int) -> list[int]:
    """Find ports that nobody uses now."""
    held = [socket.socket() for _ in range(count)]
    try:
        for each in held:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in held]
    finally:
        for each in held:
            each.close()


@contextmanager
def skipping() -> Iterator[None]:
    """Skip a test where no broker can be started, and fail it where one is required."""
    try:
        yield
    except BrokerMissing as missing:
        if REQUIRED:
            raise
        pytest.skip(f"no Kafka broker: {missing}")


@contextmanager
def any_broker(directory: Path) -> Iterator[Broker | Given]:
    """Have a broker: the one that is there already, else one of our own."""
    if GIVEN:
        yield Given(GIVEN)
        return
    with skipping():
        running = Broker(directory)
        running.start()
    try:
        yield running
    finally:
        running.stop()


@contextmanager
def own_broker(directory: Path, extra: str = "") -> Iterator[Broker]:
    """Have a broker that may be killed, which is then soon let in again, or set up in a way of its own."""
    if GIVEN:
        pytest.skip("KAFKA_BOOTSTRAP_SERVERS names brokers that are not ours to kill")
    with skipping():
        running = Broker(directory, BACK_SOON + extra)
        running.start()
    try:
        yield running
    finally:
        running.kill()
        gc.collect()  # the client leaves it sockets where a connection is refused


def _fetch(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    command = ["mvn", "-q", "-B", "-f", str(_POM), "dependency:copy-dependencies", "-DincludeScope=runtime"]
    try:
        fetched = subprocess.run(
            [*command, f"-DoutputDirectory={directory}"], capture_output=True, text=True, check=False, timeout=600
        )
    except subprocess.TimeoutExpired as error:
        raise BrokerMissing("the jars could not be fetched within 10 minutes: is the network there?") from error
    if fetched.returncode:
        raise BrokerMissing(f"the jars could not be fetched: {(fetched.stdout + fetched.stderr)[-800:]}")


def identity() -> str:
    """Make an id as Kafka writes it; never one that begins with a dash, which would be taken for an option."""
    return urlsafe_b64encode(uuid.UUID(int=uuid.uuid4().int | 1 << 127).bytes).decode().rstrip("=").replace("-", "_")


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    class_path()
    print(f"the broker's jars are in {CACHE}")
