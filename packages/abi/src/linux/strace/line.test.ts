import { expect, it } from "vitest";
import { FakeMachine } from "../testing/fake-machine.ts";

it("calls are shown as strace shows them", () => {
  const machine = new FakeMachine({ files: { "etc/passwd": { contents: "root:x:0:0\n" } } });
  machine.run(function* (guest) {
    const buffer = guest.reserve(64);
    yield ["openat", -100, guest.put("/etc/passwd"), 0o2000000, 0];
    yield ["read", 3, buffer, 64];
    yield ["openat", -100, guest.put("/none\n"), 0o1102, 0o644];
    yield ["mmap", 0, 8192, 3, 0x22, -1, 0];
    yield ["pipe2", buffer, 0o2000000];
    yield ["rt_sigprocmask", 2, guest.put(Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0)), 0, 8];
    yield ["fcntl", 3, 4, 0o4000];
    yield ["futex", guest.reserve(4), 129, 1];
    yield ["kill", 99, 15];
    yield ["close", -1];
    machine.child(function* () {
      yield ["exit_group", 3];
    });
    yield ["clone", 17, 0, 0, 0, 0];
    yield ["wait4", -1, buffer, 0, 0];
  });
  const lines = machine.trace.map((line) => line.replace(/0x[0-9a-f]{5,}/g, "0xADDR"));
  expect(lines).toEqual([
    'openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3',
    'read(3, "root:x:0:0\\n", 64) = 11',
    'openat(AT_FDCWD, "/none\\n", O_RDWR|O_CREAT|O_TRUNC, 0644) = 4',
    "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0xADDR",
    "pipe2([5, 6], O_CLOEXEC) = 0",
    "rt_sigprocmask(SIG_SETMASK, [INT], NULL, 8) = 0",
    "fcntl(3, F_SETFL, O_RDONLY|O_NONBLOCK) = 0",
    "futex(0xADDR, FUTEX_WAKE_PRIVATE, 1) = 0",
    "kill(99, SIGTERM) = -1 ESRCH (No such process)",
    "close(-1) = -1 EBADF (Bad file descriptor)",
    "[pid 100] clone(SIGCHLD, NULL, NULL, NULL, NULL) = 101",
    "[pid 101] exit_group(3) = ?",
    "wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL) = 101",
    "exit_group(0) = ?",
  ]);
});
