/** What a machine does to install packages on an empty disk: scripts for busybox's shell. */

/** Where the initial file system unpacks the medium. */
export const mediumDirectory = "/medium";

/** The medium's contents, from its own directory on. */
export const medium = {
  script: "install",
  /** The files of the packages below, by number, as archives that are not compressed. */
  files: "files",
  /** `.deb` files, and lists of their names: the first packages, and those that need them. */
  packages: "packages",
  firstPackages: "first",
  otherPackages: "others",
} as const;

/** Kernel option: unpacks the medium, which is the second drive, and starts its script. */
export const installCommand: string = [
  "modprobe -a virtio_mmio virtio_blk ext4",
  `mkdir ${mediumDirectory}`,
  `tar -x -f /dev/vdb -C ${mediumDirectory}`,
  `sh ${mediumDirectory}/${medium.script}`,
].join(" && ");

/** What the script writes on the console when all is done. */
export const installedMark = "isovm: installed";

/**
 * The way of debootstrap: first the files of the packages that every system has are laid out, so
 * that their programs run; then those install all packages, with their scripts, as ever. The guest
 * does it as its own root, so owners and permissions are right whoever runs isovm.
 */
export const installScript: string = `set -e
mount -t ext4 /dev/vda /mnt
for archive in ${mediumDirectory}/${medium.files}/*; do tar -x -f "$archive" -C /mnt; done
mkdir /mnt${mediumDirectory}
mount --bind ${mediumDirectory}/${medium.packages} /mnt${mediumDirectory}
mount -t proc proc /mnt/proc
mount -t sysfs sysfs /mnt/sys
mount -t tmpfs tmpfs /mnt/run
mount --bind /dev /mnt/dev
: >/mnt/var/lib/dpkg/status

export HOME=/root PATH=/usr/sbin:/usr/bin LC_ALL=C DPKG_COLORS=never
export DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true
install() {
  # Not busybox's shell, and not its dpkg.
  # They need each other, and apt has seen that all are there: no order of them is right.
  chroot /mnt /bin/sh -c "cd ${mediumDirectory} && dpkg --install --force-depends --force-unsafe-io $*"
}
install $(cat ${mediumDirectory}/${medium.firstPackages})
install $(cat ${mediumDirectory}/${medium.otherPackages})

chroot /mnt /usr/bin/passwd --delete root
echo debian >/mnt/etc/hostname
cat >/mnt/etc/hosts <<END
127.0.0.1	localhost
127.0.1.1	debian
::1	localhost ip6-localhost ip6-loopback
END
# The first start gives each machine a number of its own.
: >/mnt/etc/machine-id

umount /mnt/dev /mnt/run /mnt/sys /mnt/proc /mnt${mediumDirectory}
rmdir /mnt${mediumDirectory}
umount /mnt
echo "${installedMark}"
`;
