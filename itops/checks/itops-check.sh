#!/bin/sh
# itops-check: all that an itops server may ask of this machine over SSH.
#
# Written by `make docs` from itops/checks/kinds/; how to install it stands in
# docs/remote-checks.md. It belongs into authorized_keys, in front of the server's public key:
#
#     command="/usr/local/bin/itops-check",restrict ssh-ed25519 AAAA...
#
# It only reads. What is asked picks one of the commands at the end by its name; arguments stay
# arguments ("$1", "$2") and are never run, and plugins run only if the file below names them.
set -f
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
unset IFS ENV BASH_ENV CDPATH

# One plugin's file name a line. Without this file no plugin runs.
plugins=/etc/itops-check.plugins

refuse() {
    printf 'itops-check: %s\n' "$1" >&2
    exit 64
}

# takes EXACTLY|LEAST NUMBER COUNT: are there as many arguments as the command takes?
takes() {
    case $1 in
        exactly) [ "$3" -eq "$2" ] ;;
        least) [ "$3" -ge "$2" ] ;;
    esac || refuse "$name: wrong number of arguments"
}

# An argument comes as one word: `=` and three octal digits are a byte, `=` alone is nothing.
decoded() {
    case $1 in
        =) ;;
        *=*)
            rest=$(printf '%s' "$1" | sed 's/=[0-3][0-7][0-7]//g')
            case $rest in *=*) return 1 ;; esac
            case $1 in *=000*) return 1 ;; esac
            printf '%b' "$(printf '%s' "$1" | sed 's/=\([0-3][0-7][0-7]\)/\\0\1/g')"
            ;;
        *) printf '%s' "$1" ;;
    esac
}

asked=${SSH_ORIGINAL_COMMAND-itops-check $*}
case $asked in
    *[!A-Za-z0-9_./:@,+%=\ -]*) refuse 'unreadable' ;;
esac
[ "${#asked}" -le 16384 ] || refuse 'too long'

# shellcheck disable=SC2086 # split into words; `set -f` keeps them as they are
set -- $asked
[ "$#" -ge 2 ] && [ "$1" = itops-check ] || refuse 'ask: itops-check NAME ARGUMENT...'
name=$2
shift 2

left=$#
while [ "$left" -gt 0 ]; do
    # The x keeps line breaks at the end, which $() would drop.
    word=$(decoded "$1" && printf x) || refuse "$name: unreadable argument"
    shift
    set -- "$@" "${word%x}"
    left=$((left - 1))
done

case $name in
    disk)
        takes exactly 0 "$#"
        export LC_ALL=C; df -P -k -l 2>/dev/null || df -P -k; echo inodes; df -P -i -l 2>/dev/null || df -P -i; echo end
        ;;
    load)
        takes exactly 0 "$#"
        export LC_ALL=C; cat /proc/loadavg; getconf _NPROCESSORS_ONLN 2>/dev/null || grep -c ^processor /proc/cpuinfo
        ;;
    service)
        takes exactly 1 "$#"
        export LC_ALL=C; systemctl show --no-pager --property=Id,LoadState,ActiveState,SubState,Result -- "$1"
        ;;
    process)
        takes exactly 0 "$#"
        export LC_ALL=C; ps -A -o pid=,comm= 2>/dev/null || ps -o pid,comm; echo end
        ;;
    file)
        takes exactly 2 "$#"
        export LC_ALL=C; date +%s; if [ -z "$2" ]; then stat -L -c "%Y %s %n" "$1"; else stat -L -c %F "$1" && find "$1" -maxdepth 1 -type f -name "$2" -exec stat -c "%Y %s %n" {} + | sort -rn | head -n 200; fi
        ;;
    clock)
        takes exactly 0 "$#"
        export LC_ALL=C; date +%s.%N
        ;;
    plugin)
        takes least 1 "$#"
        grep -Fqx -e "$1" "$plugins" 2>/dev/null || refuse "plugin not allowed: $1"
        export LC_ALL=C; for d in /usr/lib/nagios/plugins /usr/lib64/nagios/plugins /usr/lib/monitoring-plugins /usr/local/libexec/nagios /usr/local/nagios/libexec; do if [ -x "$d/$1" ]; then p="$d/$1"; shift; exec "$p" "$@"; fi; done; echo "no such plugin: $1" >&2; exit 127
        ;;
    *) refuse "no such check: $name" ;;
esac
