// Waiting for files: poll, select, epoll, eventfd, timerfd, signalfd, and passing descriptors.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int epoll;
static volatile int signals;
static void handler(int signal) { signals++; }
static const char *error(long result) { return result < 0 ? strerror(errno) : "done"; }

static void show(const char *name, int timeout) {
  struct epoll_event events[8];
  int count = epoll_wait(epoll, events, 8, timeout);
  printf("%s: %d", name, count);
  long mask = 0, data = 0;
  for (int i = 0; i < count; i++) mask |= events[i].events, data += events[i].data.u64;
  printf(" %#lx %ld\n", mask, data);
}

static void control(int operation, int fd, unsigned events, long data) {
  struct epoll_event event = {.events = events, .data.u64 = data};
  if (epoll_ctl(epoll, operation, fd, &event)) printf("epoll_ctl: %s\n", strerror(errno));
}

static void epolls(void) {
  int ends[2];
  char buffer[100];
  pipe2(ends, O_NONBLOCK);
  epoll = epoll_create1(EPOLL_CLOEXEC);
  control(EPOLL_CTL_ADD, ends[0], EPOLLIN, 1);
  control(EPOLL_CTL_ADD, ends[0], EPOLLIN, 1);
  control(EPOLL_CTL_ADD, epoll, EPOLLIN, 1);
  show("empty", 0);
  write(ends[1], "abc", 3);
  show("level", 0);
  show("level", -1);
  control(EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLET, 2);
  show("edge", 0);
  show("edge", 0);
  write(ends[1], "d", 1);
  show("edge", 0);
  read(ends[0], buffer, 100);
  write(ends[1], "e", 1);
  show("edge", 0);
  control(EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT, 3);
  show("oneshot", 0);
  show("oneshot", 0);
  control(EPOLL_CTL_MOD, ends[0], EPOLLIN, 4);
  control(EPOLL_CTL_ADD, ends[1], EPOLLOUT, 10);
  show("both", 0);
  close(ends[1]);
  show("hung up", 0);
  control(EPOLL_CTL_DEL, ends[0], 0, 0);
  show("none", 10);
  int counter = eventfd(3, EFD_NONBLOCK);
  control(EPOLL_CTL_ADD, counter, EPOLLIN, 5);
  int nested = epoll;
  epoll = epoll_create1(0);
  control(EPOLL_CTL_ADD, nested, EPOLLIN, 6);
  show("nested", 0);
  uint64_t value;
  read(counter, &value, 8);
  show("nested, read", 0);
  printf("regular file: ");
  fflush(stdout);
  int file = open("/proc/self/exe", O_RDONLY);
  control(EPOLL_CTL_ADD, file, EPOLLIN, 0);
  close(nested);
  close(epoll);
}

static void eventfds(void) {
  int fd = eventfd(5, EFD_NONBLOCK);
  uint64_t value = 7;
  write(fd, &value, 8);
  read(fd, &value, 8);
  printf("eventfd: %ld", (long)value);
  long result = read(fd, &value, 8);
  printf(" %s", error(result));
  value = UINT64_MAX;
  result = write(fd, &value, 8);
  printf(" %s", error(result));
  value = UINT64_MAX - 1;
  write(fd, &value, 8);
  value = 1;
  result = write(fd, &value, 8);
  printf(" %s %s\n", error(result), error(read(fd, &value, 4)));
  int semaphore = eventfd(2, EFD_SEMAPHORE);
  read(semaphore, &value, 8);
  printf("semaphore: %ld\n", (long)value);
  if (fork() == 0) {
    usleep(10000);
    value = 1;
    write(semaphore, &value, 8);
    _exit(0);
  }
  read(semaphore, &value, 8);
  read(semaphore, &value, 8);
  printf("semaphore: %ld\n", (long)value);
  wait(NULL);
}

static void polls(void) {
  int ends[2];
  pipe(ends);
  struct pollfd fds[] = {{ends[0], POLLIN}, {ends[1], POLLOUT}, {-1, POLLIN}, {1000, POLLIN}};
  int count = poll(fds, 4, 0);
  printf("poll: %d %x %x %x %x\n", count, fds[0].revents, fds[1].revents, fds[2].revents, fds[3].revents);
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  count = poll(fds, 1, 30);
  clock_gettime(CLOCK_MONOTONIC, &end);
  long elapsed = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
  printf("poll: %d, waited %d\n", count, elapsed >= 29 && elapsed < 5000);
  signal(SIGALRM, handler);
  sigset_t blocked, old;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGALRM);
  sigprocmask(SIG_BLOCK, &blocked, &old);
  raise(SIGALRM);
  count = ppoll(fds, 1, NULL, &old);
  printf("ppoll: %d %s, %d signals\n", count, strerror(errno), signals);
  sigprocmask(SIG_SETMASK, &old, NULL);
  write(ends[1], "x", 1);
  fd_set reading, writing;
  FD_ZERO(&reading);
  FD_ZERO(&writing);
  FD_SET(ends[0], &reading);
  FD_SET(ends[1], &writing);
  struct timeval limit = {1, 0};
  count = select(ends[1] + 1, &reading, &writing, NULL, &limit);
  printf("select: %d %d %d\n", count, FD_ISSET(ends[0], &reading) != 0, FD_ISSET(ends[1], &writing) != 0);
  FD_ZERO(&reading);
  FD_SET(60, &reading);
  printf("select: %s\n", error(select(61, &reading, NULL, NULL, &limit)));
  close(ends[0]);
  fds[0].fd = ends[1];
  fds[0].events = POLLOUT;
  poll(fds, 1, 0);
  printf("broken pipe: %x\n", fds[0].revents);
  close(ends[1]);
}

static void timers(void) {
  int fd = timerfd_create(CLOCK_MONOTONIC, 0);
  struct itimerspec when = {{0, 10000000}, {0, 20000000}}, now;
  timerfd_settime(fd, 0, &when, NULL);
  uint64_t expirations;
  long total = 0;
  struct pollfd poll_fd = {fd, POLLIN};
  printf("timerfd: %d", poll(&poll_fd, 1, 0));
  for (int i = 0; i < 3; i++) {
    read(fd, &expirations, 8);
    total += expirations;
  }
  usleep(55000);
  read(fd, &expirations, 8);
  printf(" %d %d", total >= 3, expirations >= 5);
  timerfd_gettime(fd, &now);
  printf(" %d\n", now.it_interval.tv_nsec == 10000000 && now.it_value.tv_nsec <= 10000000);
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 77};
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, NULL);
  timer_create(CLOCK_REALTIME, &event, &timer);
  when.it_interval.tv_nsec = 0;
  timer_settime(timer, 0, &when, NULL);
  siginfo_t info;
  sigwaitinfo(&set, &info);
  printf("timer: %d %d\n", info.si_code == SI_TIMER, info.si_value.sival_int);
  timer_delete(timer);
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += 20000000;
  if (until.tv_nsec >= 1000000000) until.tv_nsec -= 1000000000, until.tv_sec++;
  printf("until: %d\n", clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL));
  struct timespec after;
  clock_gettime(CLOCK_REALTIME, &after);
  printf("reached: %d\n", after.tv_sec > until.tv_sec || (after.tv_sec == until.tv_sec && after.tv_nsec >= until.tv_nsec));
}

static void signal_files(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  sigprocmask(SIG_BLOCK, &set, NULL);
  int fd = signalfd(-1, &set, SFD_NONBLOCK);
  struct signalfd_siginfo info;
  printf("signalfd: %s", error(read(fd, &info, sizeof info)));
  kill(getpid(), SIGUSR2);
  long got = read(fd, &info, sizeof info);
  printf(" %ld %u %d\n", got, info.ssi_signo, info.ssi_pid == getpid());
  close(fd);
}

static void sockets(void) {
  int pair[2];
  char buffer[100];
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  send(pair[0], "hello", 5, 0);
  printf("peek %ld", (long)recv(pair[1], buffer, 3, MSG_PEEK));
  printf(" read %ld", (long)read(pair[1], buffer, 100));
  printf(" %s", error(recv(pair[1], buffer, 100, MSG_DONTWAIT)));
  struct iovec parts[] = {{"one ", 4}, {"two ", 4}, {"three", 5}};
  printf(" writev %ld", (long)writev(pair[0], parts, 3));
  struct iovec places[] = {{buffer, 6}, {buffer + 50, 50}};
  printf(" readv %ld %.6s|%.7s\n", (long)readv(pair[1], places, 2), buffer, buffer + 50);
  int ends[2];
  pipe(ends);
  char space[CMSG_SPACE(2 * sizeof(int))] = {0};
  struct iovec one = {"x", 1};
  struct msghdr message = {.msg_iov = &one, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET, header->cmsg_type = SCM_RIGHTS, header->cmsg_len = CMSG_LEN(2 * sizeof(int));
  memcpy(CMSG_DATA(header), ends, sizeof ends);
  printf("sendmsg %ld", (long)sendmsg(pair[0], &message, 0));
  close(ends[0]), close(ends[1]);
  one.iov_base = buffer;
  memset(space, 0, sizeof space);
  message.msg_controllen = sizeof space;
  printf(" recvmsg %ld", (long)recvmsg(pair[1], &message, 0));
  int received[2];
  memcpy(received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof received);
  write(received[1], "through passed descriptors", 26);
  long got = read(received[0], buffer, 100);
  printf(" %.*s\n", (int)got, buffer);
  close(pair[0]);
  printf("end %ld", (long)read(pair[1], buffer, 100));
  signal(SIGPIPE, SIG_IGN);
  printf(" %s\n", error(write(pair[1], "x", 1)));
  socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
  send(pair[0], "first", 5, 0);
  send(pair[0], "second", 6, 0);
  long first = recv(pair[1], buffer, 3, MSG_TRUNC), second = recv(pair[1], buffer, 100, 0);
  printf("datagrams %ld %ld\n", first, second);
  socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
  if (fork() == 0) {
    for (int i = 0; i < 1000; i++) send(pair[1], &i, i % 4 + 1, 0);
    _exit(0);
  }
  close(pair[1]);
  long packets = 0, bytes = 0;
  while ((got = recv(pair[0], buffer, 100, 0)) > 0) packets++, bytes += got;
  printf("packets %ld bytes %ld\n", packets, bytes);
  wait(NULL);

  struct sockaddr_un address = {.sun_family = AF_UNIX};
  sprintf(address.sun_path, "/tmp/isovm-socket-%d", getpid());
  int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
  printf("connect %s", error(connect(client, (struct sockaddr *)&address, sizeof address)));
  bind(server, (struct sockaddr *)&address, sizeof address);
  printf(", bind again %s", error(bind(client, (struct sockaddr *)&address, sizeof address)));
  printf(", before listen %s", error(connect(client, (struct sockaddr *)&address, sizeof address)));
  listen(server, 5);
  printf(", connect %s\n", error(connect(client, (struct sockaddr *)&address, sizeof address)));
  int accepted = accept4(server, NULL, NULL, SOCK_CLOEXEC);
  write(client, "over the name", 13);
  printf("%.13s\n", (read(accepted, buffer, 100), buffer));
  socklen_t length = sizeof(int);
  int type;
  getsockopt(client, SOL_SOCKET, SO_TYPE, &type, &length);
  struct ucred peer;
  length = sizeof peer;
  getsockopt(accepted, SOL_SOCKET, SO_PEERCRED, &peer, &length);
  printf("type %d, peer %d, %s\n", type, peer.pid == getpid(), error(getpeername(server, (struct sockaddr *)&address, &length)));
  shutdown(client, SHUT_WR);
  printf("shut down %ld %ld\n", (long)read(accepted, buffer, 100), (long)write(accepted, "y", 1));
  sprintf(address.sun_path, "/tmp/isovm-socket-%d", getpid());
  unlink(address.sun_path);
}

int main(void) {
  epolls();
  eventfds();
  polls();
  timers();
  signal_files();
  sockets();
  return 0;
}
