#!/bin/sh
# Installs the Debian packages named on the command line that are missing, and
# says so. A tool that is there by other means (cmake, say) is left alone.
#
#   sh examples/install_packages.sh cmake gcc liblua5.4-dev ...
set -eu

# The command by which a package's presence shows, where it is a tool.
command_of() {
    case $1 in
    ninja-build) echo ninja ;;
    cmake | make | gcc | clang | pkg-config | git | espeak-ng) echo "$1" ;;
    esac
}

present() {
    tool=$(command_of "$1")
    if [ -n "$tool" ] && command -v "$tool" >/dev/null 2>&1; then
        return 0
    fi
    status=$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) || return 1
    [ "$status" = installed ]
}

missing=
for package in "$@"; do
    present "$package" || missing="$missing $package"
done
if [ -z "$missing" ]; then
    exit 0
fi

if ! command -v apt-get >/dev/null 2>&1; then
    echo "No apt-get here to ask for these packages; if the build misses" \
        "something, install what your system calls them:$missing" >&2
    exit 0
fi
sudo=
if [ "$(id -u)" -ne 0 ]; then
    sudo=sudo
    if ! command -v sudo >/dev/null 2>&1; then
        echo "Missing:$missing. Please install them as root:" >&2
        echo "    apt-get install$missing" >&2
        exit 1
    fi
fi

echo "Installing what is missing (${sudo:+sudo }apt-get):$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# $missing is a list of words, $sudo one or none: both are meant to be split.
# shellcheck disable=SC2086
if ! {
    $sudo apt-get update &&
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y \
            --no-install-recommends $missing
} >"$log" 2>&1; then
    cat "$log" >&2
    echo "apt-get could not install:$missing" >&2
    exit 1
fi
