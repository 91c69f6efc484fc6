# Threads, processes, files, signals, sockets, selectors through Python's modules.
import os, sys, threading, queue, subprocess, tempfile, time, signal, socket, selectors, mmap, errno, stat, shutil, glob, fcntl, select, resource

work = tempfile.mkdtemp()
os.chdir(work)

total = 0
lock = threading.Lock()


def add():
    global total
    for _ in range(2000):
        with lock:
            total += 1


threads = [threading.Thread(target=add) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("threads", total)

tasks, results = queue.Queue(), queue.Queue()


def worker():
    while (item := tasks.get()) is not None:
        results.put(item * item)


workers = [threading.Thread(target=worker, daemon=True) for _ in range(4)]
for w in workers:
    w.start()
for i in range(100):
    tasks.put(i)
for w in workers:
    tasks.put(None)
for w in workers:
    w.join(10)
print("queue", sum(results.get() for _ in range(100)))

event = threading.Event()
threading.Timer(0.05, event.set).start()
print("event", event.wait(10), event.wait(0.01))
condition = threading.Condition()
with condition:
    print("condition", condition.wait(0.01))
local = threading.local()
local.value = 3
print("local", local.value, threading.active_count() >= 1)

done = subprocess.run([sys.executable, "-c", "import sys; print(sys.stdin.read().upper()); sys.exit(3)"], input="text\n", capture_output=True, text=True)
print("subprocess", done.returncode, repr(done.stdout), repr(done.stderr))
pipe = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pipe.kill()
print("killed", pipe.wait())
try:
    subprocess.run([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.2)
except subprocess.TimeoutExpired:
    print("timeout")
try:
    subprocess.run(["/no/such/program"])
except FileNotFoundError as error:
    print("missing", error.errno)

pid = os.fork()
if pid == 0:
    os._exit(5)
print("fork", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

caught = []
signal.signal(signal.SIGUSR1, lambda number, frame: caught.append(number))
os.kill(os.getpid(), signal.SIGUSR1)
signal.signal(signal.SIGALRM, lambda number, frame: caught.append(number))
signal.setitimer(signal.ITIMER_REAL, 0.02)
signal.pause()
print("signals", caught)


class Alarm(Exception):
    pass


def raise_alarm(number, frame):
    raise Alarm


signal.signal(signal.SIGALRM, raise_alarm)
signal.setitimer(signal.ITIMER_REAL, 0.02)
try:
    time.sleep(100)
except Alarm:
    print("sleep interrupted")

with open("file", "w") as file:
    file.write("line\n" * 1000)
print("file", os.path.getsize("file"), oct(stat.S_IMODE(os.stat("file").st_mode) & 0o700))
os.link("file", "hard")
os.symlink("file", "soft")
os.makedirs("a/b/c")
shutil.copy("file", "a/b/copy")
print(sorted(glob.glob("**", recursive=True)), os.readlink("soft"), os.stat("hard").st_nlink)
print([sorted(names) for _, names, _ in os.walk(".")], sorted(entry.name for entry in os.scandir(".") if entry.is_file()))
with open("file", "r+b") as file:
    view = mmap.mmap(file.fileno(), 0)
    view[0:4] = b"LINE"
    view.flush()
    print("mmap", view.find(b"line"), len(view))
    view.close()
    file.seek(0)
    print(file.read(9))
    fcntl.flock(file, fcntl.LOCK_EX)
    file.truncate(10)
print(os.path.getsize("file"), os.path.getsize("hard"))
os.rename("a", "renamed")
shutil.rmtree("renamed")
print(sorted(os.listdir(".")))
for call in (lambda: os.rmdir("file"), lambda: os.open("x/y", os.O_RDONLY), lambda: os.mkdir("file"), lambda: os.close(1000)):
    try:
        call()
    except OSError as error:
        print(errno.errorcode[error.errno], type(error).__name__)

left, right = socket.socketpair()
left.sendall(b"ping" * 1000)
left.shutdown(socket.SHUT_WR)
received = b""
while chunk := right.recv(1024):
    received += chunk
print("socketpair", len(received))
left.close()
right.close()

server = socket.socket(socket.AF_UNIX)
server.bind("socket")
server.listen()


def serve():
    connection, _ = server.accept()
    with connection:
        connection.sendall(connection.recv(100)[::-1])


thread = threading.Thread(target=serve)
thread.start()
client = socket.socket(socket.AF_UNIX)
client.connect("socket")
client.sendall(b"hello")
print("unix", client.recv(100))
thread.join()
client.close()

selector = selectors.DefaultSelector()
reading, writing = os.pipe()
selector.register(reading, selectors.EVENT_READ, "reading")
print("select", selector.select(0.01))
os.write(writing, b"x")
print("select", [(key.data, mask) for key, mask in selector.select(1)])
poll = select.poll()
poll.register(reading, select.POLLIN)
print("poll", poll.poll(0)[0][1] == select.POLLIN, select.select([reading], [writing], [], 1)[1] == [writing])
os.close(writing)
os.set_blocking(reading, False)
print("pipe", os.read(reading, 10), os.read(reading, 10))
start = time.monotonic()
time.sleep(0.1)
print("sleep", 0.1 <= time.monotonic() - start < 5)
print("limits", resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 2, len(os.urandom(16)), os.cpu_count() >= 1)
print("environment", os.environ.get("ISOVM_TEST"), os.getcwd() == os.path.realpath(work), sys.argv[1:])
os.chdir("/")
shutil.rmtree(work)
sys.stdout.flush()
sys.exit(7)
