#!/bin/sh
# Installs the itops agent on a Linux with systemd, from the hospital's own server.
#
# The server fills in the four values, each quoted for the shell as one word. CA is the text of the
# hospital's certificate (PEM), or empty where the system trusts the server already.
set -eu
umask 077

SERVER=@SERVER@
CODE=@CODE@
SHA256=@SHA256@
CA=@CA@

say() { printf 'itops: %s\n' "$*" >&2; }
stop() { say "$2"; exit "$1"; }

python=${ITOPS_PYTHON:-/usr/bin/python3}
[ "$(id -u)" -eq 0 ] || stop 1 'run this as root / 请以 root 身份运行'
[ -x "$python" ] || stop 3 'Python 3 is missing: apt-get install python3 / 缺少 Python 3'
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' ||
    stop 3 'Python 3.8 or newer is needed / 需要 Python 3.8 或更高版本'

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
ca=
if [ -n "$CA" ]; then
    ca=$folder/ca.pem
    printf '%s\n' "$CA" >"$ca"
fi

say "fetching the agent from $SERVER"
"$python" - "$SERVER/agent/itops_agent.pyz" "$folder/itops_agent.pyz" "$SHA256" "$ca" <<'FETCH' ||
import hashlib, shutil, ssl, sys, urllib.request
url, path, wanted, ca = sys.argv[1:]
context = ssl.create_default_context(cafile=ca or None)
handlers = [urllib.request.HTTPSHandler(context=context)]
with urllib.request.build_opener(*handlers).open(url, timeout=60) as answer, open(path, "wb") as file:
    shutil.copyfileobj(answer, file)
found = hashlib.sha256(open(path, "rb").read()).hexdigest()
if found != wanted:
    sys.exit("itops: the file is not the one that was meant (SHA-256 differs)")
FETCH
    stop 4 'the agent could not be fetched / 无法下载代理程序'

config=${ITOPS_AGENT_CONFIG:-/etc/itops-agent/agent.conf}
"$python" -s "$folder/itops_agent.pyz" --config "$config" install
if [ -n "$ca" ]; then
    cp "$ca" "$(dirname "$config")/ca.pem"
    chmod 0644 "$(dirname "$config")/ca.pem"
    ca=$(dirname "$config")/ca.pem
fi
printf '%s\n' "$CODE" | "$python" -s /usr/local/lib/itops-agent --config "$config" enroll \
    --server "$SERVER" --code-file - ${ca:+--ca-file "$ca"}
systemctl restart itops-agent.service
say 'done / 完成'
