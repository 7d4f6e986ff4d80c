"""One command on an open connection: what it printed, within limits of time and size."""

import paramiko
from paramiko.common import cMSG_CHANNEL_REQUEST as CHANNEL_REQUEST

from itops.checks.answers import Output
from itops.clock import monotonic, utcnow
from itops.remote.errors import ClosedEarly, CommandRefused, TimedOut
from itops.remote.limits import Deadline, RemoteLimits
from itops.remote.ssh.guard import Guard

#: What our hospitals' machines write, most likely first.
ENCODINGS = ("utf-8", "gb18030")
#: The rest of a complaint is of no use to anybody.
LONGEST_STDERR = 16 * 1024
#: How often it is looked whether a command that does not end has printed too much.
LOOK_SECONDS = 0.5


def run_on(
    transport: paramiko.Transport,
    line: str,
    *,
    limits: RemoteLimits,
    deadline: Deadline,
    guard: Guard,
) -> Output:
    """Run one line and return its output. Raise a RemoteError if it does not come to its end."""
    stage = deadline.within(limits.run_seconds)
    sent_at, began = utcnow(), monotonic()
    with guard.watching(transport, stage):
        channel = started(transport, line, stage)
    try:
        wait_for_end(channel, limits.output_bytes, stage)
        stdout, is_truncated = read(channel, limits.output_bytes, stage)
        exit_code = -1 if is_truncated else exit_code_of(channel, transport, stage)
        stderr = complaint(channel)
    finally:
        channel.close()
    text, encoding = decoded(stdout)
    seconds = monotonic() - began
    return Output(text, decoded(stderr)[0], exit_code, seconds, sent_at, is_truncated, encoding)


def started(transport: paramiko.Transport, line: str, stage: Deadline) -> paramiko.Channel:
    """Return a channel on which the line runs. The guard cuts off who stalls here."""
    try:
        channel = transport.open_session(timeout=stage.left("run"))
        ask_to_run(transport, channel, line)
    except paramiko.ChannelException as error:
        raise CommandRefused from error
    except (paramiko.SSHException, OSError, EOFError) as error:
        stage.left("run")
        raise ClosedEarly from error
    return channel


def ask_to_run(transport: paramiko.Transport, channel: paramiko.Channel, line: str) -> None:
    """Ask for a command, as `Channel.exec_command` does, but don't wait for the word that it runs.

    With hundreds of machines each change of threads counts, and its output says that it runs.
    """
    request = paramiko.Message()
    request.add_byte(CHANNEL_REQUEST)
    request.add_int(channel.remote_chanid)
    request.add_string("exec")
    request.add_boolean(True)  # noqa: FBT003 - theirs: a reply is wanted
    request.add_string(line)
    # There is no public way to send without waiting.
    channel._event_pending()  # type: ignore[attr-defined]  # noqa: SLF001 - see above
    transport._send_user_message(request)  # type: ignore[attr-defined]  # noqa: SLF001 - see above


def wait_for_end(channel: paramiko.Channel, most: int, stage: Deadline) -> None:
    """Return once the command ended or printed more than `most` bytes.

    Most answers are short, and are then read at once.
    """
    while not channel.status_event.wait(min(LOOK_SECONDS, stage.left("run"))):
        if len(channel.in_buffer) > most:
            return


def read(channel: paramiko.Channel, most: int, stage: Deadline) -> tuple[bytes, bool]:
    """Return what was printed, at most `most` bytes, and whether there was more."""
    parts: list[bytes] = []
    length = 0
    while True:
        channel.settimeout(stage.left("run"))
        try:
            part = channel.recv(65536)
        except TimeoutError as error:
            raise TimedOut("run") from error
        if not part:
            return b"".join(parts), False
        parts.append(part)
        length += len(part)
        if length > most:
            return b"".join(parts)[:most], True


def exit_code_of(channel: paramiko.Channel, transport: paramiko.Transport, stage: Deadline) -> int:
    """Return how the command ended; -1 if a signal killed it."""
    if not channel.status_event.wait(stage.left("run")):
        raise TimedOut("run")
    code: int = channel.exit_status
    if code == -1 and not transport.is_active():
        raise ClosedEarly
    if code == -1 and not channel.event_ready:
        raise CommandRefused
    return code


def complaint(channel: paramiko.Channel) -> bytes:
    """Return what stands on the error output now, without waiting for more."""
    said = b""
    while channel.recv_stderr_ready() and len(said) < LONGEST_STDERR:
        said += channel.recv_stderr(LONGEST_STDERR - len(said))
    return said


def decoded(given: bytes) -> tuple[str, str]:
    """Return the text and its encoding; where none fits, the bytes spelled out and nothing.

    >>> decoded("磁盘".encode("gbk"))
    ('磁盘', 'gb18030')
    """
    for encoding in ENCODINGS:
        try:
            return given.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return given.decode("utf-8", "backslashreplace"), ""
