#!/bin/sh
# Installs the programs that judge the product from outside, where that is possible.
# Tests whose program is missing are reported as skipped.
set -eu

PACKAGES="chromium nginx-light haproxy apache2-bin gnutls-bin libnss3-tools default-jre-headless postgresql openssl curl faketime"

missing=""
for package in $PACKAGES; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "This is no Debian; tests that need$missing are skipped where the program is missing."
    exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "Without root nothing is installed; tests are skipped that need:$missing"
    echo "To run them too: sudo apt-get install$missing"
    exit 0
fi
echo "Installing$missing ..."
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
    echo "Not everything could be installed (see $log); its tests are skipped."
fi
