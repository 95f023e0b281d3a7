# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# tools/check --on SUITE: quickstart and check on another Debian, in a chroot. Beside setup.sh.
# shellcheck disable=SC2154 # setup.sh and tools/check set them

# apart COMMAND...: runs it in its own namespaces, whose mounts and processes end with it; it ends with this script. It runs in
# the background, so that a signal is handled at once.
apart() {
    setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc "$@" >>"$on_log" 2>&1 </dev/null &
    wait $!
}

# The reason why it cannot run here; empty if it can.
on_obstacle() {
    if [ "$(id -u)" != 0 ]; then echo "only root can make a chroot"; return; fi
    local tool
    for tool in debootstrap unshare setpriv git; do
        command -v "$tool" >/dev/null || { echo "$tool is not installed"; return; }
    done
    unshare --mount --pid --fork --kill-child --mount-proc true 2>/dev/null || echo "this machine does not allow namespaces"
}

# on_system SUITE DIRECTORY: a minimal system, kept for the next time with the packages installed in it.
on_system() {
    if [ -d "$2" ]; then return 0; fi
    say "making a bare $1 in $2"
    rm -rf "$2.part"
    apart debootstrap --variant=minbase "$1" "$2.part" && mv "$2.part" "$2"
}

# on_clone DIRECTORY: clones the commit for the ordinary user of the system.
on_clone() {
    local home=$1/home/elbow
    if [ -n "$(git -C "$root" -c safe.directory="$root" status --porcelain 2>&1)" ]; then say "what is not committed is not tried"; fi
    cp /etc/resolv.conf "$1/etc/resolv.conf"
    apart "$root/tools/lib/in-chroot" "$1" sh -c 'id -u elbow || useradd --create-home --shell /bin/bash elbow' || return 1
    rm -rf "$home/elbow" "$home/elbow.bundle"
    git -C "$root" -c safe.directory="$root" bundle create "$home/elbow.bundle" HEAD >>"$on_log" 2>&1
}

# The commands in the chroot: root installs the packages, and a user who may install nothing does the rest. The last line is
# tools/check's.
# shellcheck disable=SC2016 # for the inner shell
on_steps='
as_user() { runuser -u elbow -- env HOME=/home/elbow USER=elbow LOGNAME=elbow PATH=/usr/local/bin:/usr/bin:/bin "$@"; }
cd /home/elbow || exit 1
echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/unsafe # an incomplete system is made again
apt-get -q update && apt-get -q -y install --no-install-recommends git || exit 1
as_user git clone -q elbow.bundle elbow && cd elbow || exit 1
. tools/lib/setup.sh
(install_for_build) || exit 1
as_user tools/quickstart || { echo "tools/quickstart: status $?"; exit 1; }
(install_for_check) || exit 1
as_user tools/check "$@"
status=$?
exit $status'

# check_on SUITE DIRECTORY check-argument...: true if the check passed there.
check_on() {
    local suite=$1 directory start=$SECONDS
    directory=$(realpath -m "$2")
    shift 2
    on_log=$root/build/on-$suite.log
    : >"$on_log"
    trap 'exit 130' INT
    trap 'exit 143' TERM
    if ! on_system "$suite" "$directory" || ! on_clone "$directory"; then
        tail -n 10 "$on_log" >&2
        die "no $suite could be made (log: $on_log)"
    fi
    say "tools/quickstart and tools/check on $suite (what they say: $on_log)"
    local status=0
    apart "$root/tools/lib/in-chroot" "$directory" bash -c "$on_steps" - "$@" || status=$?
    grep -E '^(FAILED|skipped): ' "$on_log" || true
    say "$suite: $(((SECONDS - start) / 60)) min"
    tail -n 1 "$on_log"
    return "$status"
}
