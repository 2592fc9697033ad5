"""A real Kafka broker for tests: one node in KRaft mode, on loopback, started from jars that Maven fetched."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

CACHE = Path(os.environ.get("ARMSWATCH_KAFKA_LIBS") or Path.home() / ".cache/armswatch/kafka-4.4.0")
REQUIRED = os.environ.get("CI") == "true" or os.environ.get("ARMSWATCH_KAFKA") == "required"
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


class BrokerMissing(Exception):
    """No broker can be started here; says why."""


def class_path() -> str:
    """Give the broker's jars, fetched the first time.

    Raises:
        BrokerMissing: no Java, no Maven, or nothing to fetch from.
    """
    for program in ("java", "mvn"):
        if not shutil.which(program):
            raise BrokerMissing(f"no {program} here")
    done = CACHE / "complete"
    if not done.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        command = ["mvn", "-q", "-B", "-f", str(_POM), "dependency:copy-dependencies", "-DincludeScope=runtime"]
        fetched = subprocess.run(
            [*command, f"-DoutputDirectory={CACHE}"], capture_output=True, text=True, check=False, timeout=600
        )
        if fetched.returncode:
            raise BrokerMissing(f"the jars could not be fetched: {fetched.stdout[-500:]}")
        done.touch()
    return ":".join(sorted(map(str, CACHE.glob("*.jar"))))


class Broker:
    """A broker of its own, with data in `directory`. It may be killed and started again on the same port and data."""

    def __init__(self, directory: Path, extra: str = "") -> None:
        self.port, controller = _free_ports(2)
        self.servers = (f"127.0.0.1:{self.port}",)
        self._directory = directory
        self._classes = class_path()
        self._process: subprocess.Popen[bytes] | None = None
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "log4j2.properties").write_text(_LOG4J)
        self._settings = directory / "server.properties"
        self._settings.write_text(
            _PROPERTIES.format(port=self.port, controller=controller, directory=directory) + extra
        )
        identity = urlsafe_b64encode(uuid.UUID(int=uuid.uuid4().int | 1 << 127).bytes).decode().rstrip("=")
        self._run("kafka.tools.StorageTool", "format", "-t", identity, "-c", str(self._settings))

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self._directory / "out.txt").open("ab") as out:
            self._process = subprocess.Popen(
                [*self._java(), "kafka.Kafka", str(self._settings)],
                stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while not _answers(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
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

    def kill(self) -> None:
        """End it as a loss of power would."""
        self.stop(signal.SIGKILL)

    def pause(self) -> None:
        """Have it hang: connections stay open, nothing is answered."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Have it answer again."""
        assert self._process
        self._process.send_signal(signal.SIGCONT)

    def _java(self) -> list[str]:
        settings = f"-Dlog4j2.configurationFile={self._directory / 'log4j2.properties'}"
        return ["java", *_JVM, settings, f"-Dkafka.logfile={self._directory / 'b.log'}", "-cp", self._classes]

    def _run(self, *arguments: str) -> None:
        done = subprocess.run([*self._java(), *arguments], capture_output=True, text=True, check=False, timeout=60)
        if done.returncode:
            raise BrokerMissing(f"its storage could not be made: {done.stdout[-500:]}{done.stderr[-500:]}")

    def _said(self) -> str:
        return "".join(path.read_text()[-800:] for path in self._directory.glob("*.[lt][ox][gt]"))


def _free_ports(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    try:
        for each in held:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in held]
    finally:
        for each in held:
            each.close()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
