#!/bin/sh
# Installs Debian packages without letting them start services of their own:
#   sh install-packages.sh rabbitmq-server ...
# Ends with 3 where there is no apt-get, 4 where it may not be used (neither root nor `sudo -n`).
set -eu

missing=''
for package in "$@"; do
  dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null 2>&1 || exit 3
if [ "$(id -u)" != 0 ]; then
  sudo -n true 2>/dev/null || exit 4
  exec sudo -n sh "$0" "$@"
fi

echo "installing with apt-get:$missing (their services stay off)"

# A package's service would listen on all interfaces as soon as it is unpacked. Debian asks this file first.
policy=/usr/sbin/policy-rc.d
kept=''
if [ -e "$policy" ]; then
  kept="$policy.before-scutwork.$$"
  mv "$policy" "$kept"
fi
restore() {
  rm -f "$policy"
  [ -z "$kept" ] || mv "$kept" "$policy"
}
trap restore EXIT
trap 'exit 130' INT TERM HUP
printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"

export DEBIAN_FRONTEND=noninteractive
apt-get -qq -o DPkg::Lock::Timeout=120 update </dev/null
# shellcheck disable=SC2086
apt-get -qq -y -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 install --no-install-recommends $missing </dev/null

# Nor at the next boot: what we start is our own, on 127.0.0.1.
case " $missing " in
  *' rabbitmq-server '*)
    if command -v systemctl >/dev/null 2>&1; then
      systemctl --quiet disable rabbitmq-server.service epmd.socket epmd.service >/dev/null 2>&1 || true
    elif command -v update-rc.d >/dev/null 2>&1; then
      update-rc.d rabbitmq-server disable >/dev/null 2>&1 || true
    fi
    ;;
esac
