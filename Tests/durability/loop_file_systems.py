"""Small file systems in image files, in a mount namespace of the process's own, and the ways to cut their power."""
import fcntl, os, shutil, struct, subprocess, sys, time

def run(*command, **options): return subprocess.run(command, check=True, capture_output=True, text=True, **options)

def own_namespace():
    """Starts the script again where its mounts are nobody else's, and end with it."""
    if os.geteuid() != 0: print("needs root") or sys.exit(2)
    if os.environ.get("DEVJOURNAL_OWN_NAMESPACE"): return
    os.environ["DEVJOURNAL_OWN_NAMESPACE"] = "1"
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", "--", sys.executable, *sys.argv])

def make_image(kind, path, size):
    with open(path, "wb") as file: file.truncate(size)
    run(*{"ext4": ["mkfs.ext4", "-q", "-F"], "btrfs": ["mkfs.btrfs", "-q"]}[kind], path)

def mount_image(path, place):
    """The loop device frees itself with the mount."""
    device = run("losetup", "--find", "--show", path).stdout.strip()
    try: run("mount", device, place)
    finally: run("losetup", "-d", device)

class Mounted:
    """A file system of that kind while the block runs."""
    def __init__(self, kind, work, size):
        self.kind, self.place, self.image, self.size = kind, os.path.join(work, "mounted"), os.path.join(work, "image"), size
    def __enter__(self):
        os.mkdir(self.place)
        if self.kind == "tmpfs": run("mount", "-t", "tmpfs", "-o", f"size={self.size}", "devjournal", self.place)
        else:
            make_image(self.kind, self.image, self.size)
            mount_image(self.image, self.place)
        return self.place
    def __exit__(self, *_): run("umount", self.place)

class ShutDown:
    """ext4 that is told to stop at once, its own log not flushed: what was not synced is gone."""
    name = "ext4, FS_IOC_SHUTDOWN"
    syncs_truly = False                                            # while it is being cut
    FS_IOC_SHUTDOWN, NOLOGFLUSH = 0x8004587D, 2
    def __init__(self, work):
        self.image, self.place = os.path.join(work, "image"), os.path.join(work, "mounted")
        os.mkdir(self.place)
        make_image("ext4", self.image, 32 << 20)
    def mount(self): mount_image(self.image, self.place)
    def cut(self):
        directory = os.open(self.place, os.O_RDONLY)
        try: fcntl.ioctl(directory, self.FS_IOC_SHUTDOWN, struct.pack("I", self.NOLOGFLUSH))
        finally: os.close(directory)
    def unmount(self): run("umount", self.place)

class WriteBackCacheKilled:
    """ext4 on a block device whose cache holds every write until a flush, ended by SIGKILL."""
    name = "ext4 on a writeback cache, killed"
    syncs_truly = True
    def __init__(self, work):
        self.work, self.place, self.image = work, os.path.join(work, "mounted"), os.path.join(work, "image")
        self.device, self.socket = os.path.join(work, "device"), os.path.join(work, "socket")
        self.server = self.bridge = None
        os.mkdir(self.place)
        make_image("ext4", self.image, 32 << 20)
    @staticmethod
    def is_possible(): return shutil.which("nbdkit") and shutil.which("nbdfuse") and os.path.exists("/dev/fuse")
    def mount(self):
        self.server = subprocess.Popen(["nbdkit", "--foreground", "--unix", self.socket, "--filter=cache", "file", self.image, "cache=writeback"],
                                       env={**os.environ, "TMPDIR": self.work}, stderr=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists(self.socket))
        open(self.device, "w").close()                             # nbdfuse mounts a single file on a file
        self.bridge = subprocess.Popen(["nbdfuse", self.device, f"nbd+unix:///?socket={self.socket}"], stderr=subprocess.DEVNULL)
        wait_for(lambda: os.path.getsize(self.device) > 0)
        mount_image(self.device, self.place)
    def cut(self):
        self.server.kill()
        self.server.wait()
    def unmount(self):
        subprocess.run(["umount", self.place], capture_output=True)
        subprocess.run(["umount", self.device], capture_output=True)
        self.bridge.wait(timeout=20)
        for path in (self.socket, self.device):
            if os.path.exists(path): os.unlink(path)

def wait_for(condition):
    for _ in range(400):
        if condition(): return
        time.sleep(0.05)
    raise TimeoutError("a device did not come up")
