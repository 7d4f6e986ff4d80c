"""Every sentence that a person reads here, in English and Chinese."""

from __future__ import annotations

from itops_agent import config

TEXTS: dict[str, tuple[str, str]] = {
    "address.plain": (
        "{url} would carry the reports unprotected. Use https; http is for this machine only.",
        "{url} 会让报告明文传输。请使用 https；http 只能用于本机。",
    ),
    "address.proxy": ("{url} is not the address of a proxy.", "{url} 不是代理服务器的地址。"),
    "address.wrong": (
        "{url} is not the address of a server; it looks like https://itops.hospital.example:8443",
        "{url} 不是服务器地址；应类似 https://itops.hospital.example:8443",
    ),
    "config.line": (
        "{path}, line {number}: “{line}” is not a setting that this agent knows, or stands twice.",
        "{path} 第 {number} 行：“{line}” 不是本程序的设置项，或者重复。",
    ),
    "config.missing": (
        "There is no {path}. Enrol this machine first: itops-agent enroll --server … --code …",
        "没有 {path}。请先登记本机：itops-agent enroll --server … --code …",
    ),
    "config.not_enrolled": (
        "This machine is not enrolled (there is no {path}).",
        "本机尚未登记（没有 {path}）。",
    ),
    "config.number": (
        "{path}: {name} must be a whole number from {least} to {most}.",
        "{path}：{name} 必须是 {least} 到 {most} 的整数。",
    ),
    "config.unreadable": ("{path} can't be read: {why}.", "无法读取 {path}：{why}。"),
    "enrol.already": (
        "This machine is enrolled already ({path}). To enrol it anew, add --again.",
        "本机已登记（{path}）。要重新登记，请加 --again。",
    ),
    "enrol.approved": ("Enrolled. Reports count from now on.", "登记完成，报告即刻生效。"),
    "enrol.code_missing": (
        "An enrolment code is needed: --code, or --code-file.",
        "需要登记码：--code 或 --code-file。",
    ),
    "enrol.code_refused": (
        (
            "The server does not take this code: it is unknown, used up, expired, or not for this "
            "network. Ask the IT department for a new one."
        ),
        "服务器不接受此登记码：不存在、已用完、已过期或不适用于本网段。请向信息科索取新的登记码。",
    ),
    "enrol.pending": (
        "Enrolled. A person in the IT department still has to approve this machine.",
        "已登记，等待信息科人员批准。",
    ),
    "enrol.refused": (
        "The server refused to enrol this machine ({status}). {why}",
        "服务器拒绝登记本机（{status}）。{why}",
    ),
    "enrol.too_many": (
        "Too many attempts. Try again in {seconds} seconds.",
        "尝试次数过多，请在 {seconds} 秒后重试。",
    ),
    "install.done": ("Installed.", "安装完成。"),
    "install.failed": ("This step failed: {step}", "此步骤失败：{step}"),
    "install.next": (
        "Now enrol: itops-agent enroll --server … --code …, then start: {start}",
        "接下来登记：itops-agent enroll --server … --code …，然后启动：{start}",
    ),
    "install.no_python": (
        (
            "The Python package psutil is missing. On Debian and Ubuntu: apt-get install "
            "python3-psutil. On Red Hat: dnf install python3-psutil. Elsewhere: pip install psutil."
        ),
        (
            "缺少 Python 包 psutil。Debian、Ubuntu：apt-get install python3-psutil；"
            "红帽系：dnf install python3-psutil；其他系统：pip install psutil。"
        ),
    ),
    "install.removed": (
        "Removed. The enrolment stays on the server until it is revoked there.",
        "已卸载。服务器上的登记需在服务器上撤销。",
    ),
    "install.rights": (
        "This needs an administrator's rights (root).",
        "需要管理员权限（root）。",
    ),
    "install.unsupported": (
        "There is no systemd here. Start “itops-agent run” by whatever starts services here.",
        "本机没有 systemd。请用本机的服务管理方式启动 “itops-agent run”。",
    ),
    "net.certificate": (
        "The server at {url} can't be trusted: {why}. Name the hospital's CA with ca_file.",
        "无法信任服务器 {url}：{why}。请用 ca_file 指定医院自己的 CA 证书。",
    ),
    "net.connection": ("{url} does not answer: {why}.", "{url} 没有应答：{why}。"),
    "net.name": ("The name in {url} is not known here.", "{url} 中的主机名无法解析。"),
    "net.timeout": ("{url} did not answer in time.", "{url} 应答超时。"),
    "run.started": ("Reporting to {server}.", "开始向 {server} 报告。"),
    "run.trouble": ("Trouble in one step, going on: {why}", "某一步出错，继续运行：{why}"),
    "send.busy": (
        "The server is busy ({status}); the reports wait here.",
        "服务器繁忙（{status}），报告暂存本机。",
    ),
    "send.done": ("The server has the reports.", "服务器已收到报告。"),
    "send.halved": (
        "The server can't take so much at once; trying less.",
        "一次发送过多，正在减量重试。",
    ),
    "send.key_refused": (
        "The server does not know this machine's key, or it was revoked. The reports wait here.",
        "服务器不认识本机密钥，或密钥已撤销。报告暂存本机。",
    ),
    "send.nothing_taken": (
        "The server took none of the reports; they wait here.",
        "服务器没有接收任何报告，报告暂存本机。",
    ),
    "send.odd": (
        (
            "What answered ({status}) is not an itops server, or something stands between. "
            "The reports wait here."
        ),
        "应答方（{status}）不是 itops 服务器，或中间有其他设备。报告暂存本机。",
    ),
    "send.quarantined": (
        (
            "The server holds this machine back: its key was used from two machines. The reports "
            "wait here; the IT department has to decide."
        ),
        "服务器已隔离本机：同一密钥来自两台机器。报告暂存本机，需信息科处理。",
    ),
    "send.too_big": ("A report is too big to be sent.", "一份报告过大，无法发送。"),
    "spool.busy": (
        "Another itops-agent is at work here ({path}).",
        "本机已有 itops-agent 在运行（{path}）。",
    ),
    "spool.disk": ("{folder} can't be written: {why}.", "无法写入 {folder}：{why}。"),
    "status.arrived": ("Last arrival", "最近送达"),
    "status.config": ("Settings", "设置文件"),
    "status.dropped": ("Dropped, spool full", "因存满而丢弃"),
    "status.enrolment": ("Enrolment", "登记状态"),
    "status.host": ("Host", "主机编号"),
    "status.never": ("never", "从未"),
    "status.outcome": ("Last attempt", "最近一次尝试"),
    "status.refused": ("Refused by the server, kept", "被服务器拒收（已留存）"),
    "status.server": ("Server", "服务器"),
    "status.skew": ("This clock is ahead by (s)", "本机时钟超前（秒）"),
    "status.waiting": ("Reports waiting", "等待发送"),
    "stop.asked": ("The agent was asked to stop.", "已要求停止。"),
    "tls.ca_missing": ("There is no CA file {path}.", "CA 证书文件 {path} 不存在。"),
    "tls.ca_wrong": (
        "{path} is not a certificate in PEM form.",
        "{path} 不是 PEM 格式的证书。",
    ),
}


def language() -> str:
    """Return zh where the environment asks for Chinese, else en."""
    environment = config.environment()
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return "zh" if environment[name].lower().startswith("zh") else "en"
    return config.system_language()


def say(key: str, **params: object) -> str:
    """Return the sentence in the reader's language."""
    english, chinese = TEXTS[key]
    return (chinese if language() == "zh" else english).format(**params)
