// Threads: mutexes, conditions, barriers, thread-local storage, cancellation, signals to threads.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 8, ROUNDS = 5000 };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static sem_t semaphore;
static long counter, plain, produced, consumed;
static atomic_long atomic;
static atomic_int spinlock, onces, destroyed;
static _Thread_local int local = 7;
static int queue[4], queued;

static void initialise(void) { onces++; }
static void destroy(void *value) { destroyed += (long)value; }

static void *work(void *argument) {
  long id = (long)argument;
  pthread_once(&once, initialise);
  pthread_setspecific(key, (void *)1);
  local += id;
  for (int i = 0; i < ROUNDS; i++) {
    pthread_mutex_lock(&mutex);
    counter++;
    pthread_mutex_unlock(&mutex);
    atomic_fetch_add(&atomic, 3);
    while (atomic_exchange(&spinlock, 1)) sched_yield();
    plain++;
    atomic_store(&spinlock, 0);
    if (i % 500 == 0) pthread_barrier_wait(&barrier);
  }
  return (void *)(long)local;
}

static void *produce(void *argument) {
  for (int i = 1; i <= 1000; i++) {
    pthread_mutex_lock(&mutex);
    while (queued == 4) pthread_cond_wait(&changed, &mutex);
    queue[queued++] = i;
    produced += i;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
  }
  return NULL;
}

static void *consume(void *argument) {
  for (int i = 1; i <= 1000; i++) {
    pthread_mutex_lock(&mutex);
    while (queued == 0) pthread_cond_wait(&changed, &mutex);
    consumed += queue[--queued];
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
  }
  return NULL;
}

static void cleanup(void *argument) { printf("cleaned up\n"); }

static void *cancelled(void *argument) {
  pthread_cleanup_push(cleanup, NULL);
  sem_post(&semaphore);
  for (;;) pause();
  pthread_cleanup_pop(0);
  return NULL;
}

static atomic_int handled;
static pthread_t target;
static void on_signal(int signal) {
  if (pthread_equal(pthread_self(), target)) handled++;
}

static void *signalled(void *argument) {
  target = pthread_self();
  sem_post(&semaphore);
  while (handled < 10) usleep(1000);
  return NULL;
}

static void *quit(void *argument) {
  usleep(1000);
  printf("the last thread ends the process\n");
  fflush(stdout);
  exit(21);
}

static void *die_holding(void *argument) {
  pthread_mutex_lock(argument);
  return NULL;
}

int main(void) {
  pthread_t threads[THREADS];
  pthread_key_create(&key, destroy);
  pthread_barrier_init(&barrier, NULL, THREADS);
  sem_init(&semaphore, 0, 0);
  for (long i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, work, (void *)i);
  long locals = 0;
  for (int i = 0; i < THREADS; i++) {
    void *result;
    pthread_join(threads[i], &result);
    locals += (long)result;
  }
  printf("%ld %ld %ld once %d locals %ld %d destroyed %d\n", counter, atomic, plain, onces, locals, local, destroyed);

  pthread_t some[6];
  for (int i = 0; i < 6; i++) pthread_create(&some[i], NULL, i < 3 ? produce : consume, NULL);
  for (int i = 0; i < 6; i++) pthread_join(some[i], NULL);
  printf("produced %ld consumed %ld left %d\n", produced, consumed, queued);

  pthread_create(&some[0], NULL, cancelled, NULL);
  sem_wait(&semaphore);
  pthread_cancel(some[0]);
  void *result;
  pthread_join(some[0], &result);
  printf("cancelled: %d\n", result == PTHREAD_CANCELED);

  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGUSR1, &action, NULL);
  pthread_create(&some[0], NULL, signalled, NULL);
  sem_wait(&semaphore);
  for (int i = 0; i < 10; i++) {
    int before = handled;
    pthread_kill(some[0], SIGUSR1);
    while (handled == before) sched_yield();
  }
  pthread_join(some[0], NULL);
  printf("handled: %d\n", handled);

  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += 10000000;
  if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
  pthread_mutex_lock(&mutex);
  printf("timed wait: %s\n", strerror(pthread_cond_timedwait(&changed, &mutex, &until)));
  pthread_mutex_unlock(&mutex);
  printf("sem_timedwait: %d %s\n", sem_timedwait(&semaphore, &until), strerror(errno));

  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_t robust;
  pthread_mutex_init(&robust, &attributes);
  pthread_create(&some[0], NULL, die_holding, &robust);
  pthread_join(some[0], NULL);
  printf("robust: %s\n", strerror(pthread_mutex_lock(&robust)));
  pthread_mutex_consistent(&robust);
  pthread_mutex_unlock(&robust);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_t checked;
  pthread_mutex_init(&checked, &attributes);
  pthread_mutex_lock(&checked);
  printf("checked: %s\n", strerror(pthread_mutex_lock(&checked)));

  pthread_rwlock_rdlock(&rwlock);
  printf("rwlock: %s\n", strerror(pthread_rwlock_trywrlock(&rwlock)));
  pthread_rwlock_unlock(&rwlock);

  int word = 5;
  struct timespec shortly = {0, 1000000};
  printf("futex: %ld %s\n", syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 4, NULL, NULL, 0), strerror(errno));
  printf("futex: %ld %s\n", syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 5, &shortly, NULL, 0), strerror(errno));
  printf("futex: %ld\n", syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 5, NULL, NULL, 0));

  // A process that forks in a thread goes on with that thread alone.
  pid_t child = fork();
  if (child == 0) {
    pthread_create(&some[0], NULL, produce, NULL);
    pthread_create(&some[1], NULL, consume, NULL);
    pthread_join(some[0], NULL);
    pthread_join(some[1], NULL);
    _exit(13);
  }
  int status;
  waitpid(child, &status, 0);
  printf("child: %d\n", WEXITSTATUS(status));

  pthread_create(&some[0], NULL, quit, NULL);
  pthread_exit(NULL);
}
