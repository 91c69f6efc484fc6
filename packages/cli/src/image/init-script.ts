/** The first process of the initial file system: a script for busybox's shell. */

/** Modules for the devices of a machine. */
export const deviceModules: readonly string[] = [
  "virtio_mmio",
  "virtio_blk",
  "virtio_net",
  "virtio_rng",
];
/** Modules for the file system on a drive; the kernel asks for CRC32C while it mounts that. */
export const diskModules: readonly string[] = ["ext4", "crc32c_generic"];

/**
 * `/init`. Kernel options say what it does: with `root=DEVICE` (and `rootflags=`, `ro`, `init=`) it
 * goes on with the system on that drive; with `isovm.run="COMMANDS"` it executes the commands and
 * powers off; else there is a shell on the console.
 */
export const initScript: string = `#!/bin/busybox sh
busybox=/bin/busybox
$busybox mkdir -p /proc /sys /dev /run /tmp /root /mnt /sbin /usr/bin /usr/sbin
$busybox mount -t proc proc /proc
$busybox mount -t sysfs sysfs /sys
$busybox mount -t devtmpfs devtmpfs /dev 2>/dev/null
$busybox --install -s
export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root TERM=vt100

# The value of a kernel option, which may stand in quotation marks.
option() {
  case "$line" in
    *" $1="\\"*) value=\${line#*" $1="\\"}; echo "\${value%%\\"*}" ;;
    # The kernel's own way of quoting: "name=value with spaces".
    *" \\"$1="*) value=\${line#*" \\"$1="}; echo "\${value%%\\"*}" ;;
    *" $1="*) value=\${line#*" $1="}; echo "\${value%% *}" ;;
  esac
}
line=" $(cat /proc/cmdline) "
run=$(option isovm.run)
root=$(option root)

# A console behind virtio is there once its transport is: all that follows goes there.
case "$line" in
  *" console=hvc"*) modprobe virtio_mmio && exec </dev/console >/dev/console 2>&1 ;;
esac

start_system() {
  modprobe -a ${[...deviceModules, "ext4"].join(" ")} || return
  case "$root" in
    UUID=*|LABEL=*) device=$(findfs "$root") ;;
    *) device=$root ;;
  esac
  tries=0
  while [ ! -b "$device" ]; do
    tries=$((tries + 1))
    [ $tries -gt 50 ] && echo "isovm: there is no drive $root" && return
    usleep 100000
  done
  mode=rw
  case "$line" in *" ro "*) mode=ro ;; esac
  flags=$(option rootflags)
  mount -t ext4 -o "$mode\${flags:+,$flags}" "$device" /mnt || return
  mount --move /dev /mnt/dev
  mount --move /proc /mnt/proc
  mount --move /sys /mnt/sys
  init=$(option init)
  exec switch_root /mnt "\${init:-/sbin/init}"
}

if [ -n "$root" ]; then
  start_system
  echo "isovm: the system on $root could not be started; here is a shell"
fi
cd /root
if [ -n "$run" ]; then
  sh -c "$run"
  echo "isovm: status $?"
else
  echo "isovm: a shell on the console; poweroff -f ends the machine"
  setsid cttyhack sh
fi
poweroff -f
`;
