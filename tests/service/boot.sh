#!/bin/sh
# Boots systemd in a container over this host's files, on this host's network; what is written there is gone with it.
# Run in a mount namespace of its own, with which all mounts go: boot.sh NAME SCRATCH_DIRECTORY CHECKOUT CONTROL_GROUP...
set -eu
name=$1 scratch=$2 checkout=$3
shift 3
for group; do echo $$ > "$group/cgroup.procs"; done
mount -t tmpfs -o size=1g,mode=755 tmpfs "$scratch"
mkdir "$scratch/upper" "$scratch/work" "$scratch/root"
mount -t overlay -o "lowerdir=/,upperdir=$scratch/upper,workdir=$scratch/work" overlay "$scratch/root"
# Only what every service needs is started, and none of this host's timers.
exec systemd-nspawn --quiet --machine="$name" --directory="$scratch/root" --bind-ro="$checkout:/usr/src/books-relayer" \
  --register=no --keep-unit --link-journal=no --console=pipe --notify-ready=yes --boot -- \
  systemd.unit=basic.target systemd.mask=timers.target systemd.mask=systemd-timesyncd.service
