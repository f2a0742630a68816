internal import CLinux
internal import DurableFiles
internal import Glibc
internal import SystemPackage

/// A pipe to or from a child process, as large as an ordinary user may make it: 1 MiB, so that neither side
/// waits for the other at every 64 KiB.
struct ProcessPipe {
    let readEnd: FileDescriptor
    let writeEnd: FileDescriptor

    init() throws(FileFailure) {
        (readEnd, writeEnd) = try attempt("make", "a pipe") { try FileDescriptor.pipe(options: .closeOnExec) }
        enlargePipe(writeEnd)
    }
}

/// fcntl(2) F_SETPIPE_SZ; where the descriptor is not a pipe, or the user's share is used up, it stays as it is.
func enlargePipe(_ descriptor: FileDescriptor) {
    let setPipeSize: Int32 = 1031
    _ = fcntl(descriptor.rawValue, setPipeSize, 1 << 20)
}

/// What the end of a task tells the thread that reads from a pipe on its behalf.
final class StopSignal: Sendable {
    private let readEnd: FileDescriptor
    private let writeEnd: FileDescriptor

    init() throws(FileFailure) {
        (readEnd, writeEnd) = try attempt("make", "a pipe") { try FileDescriptor.pipe(options: .closeOnExec) }
    }

    func stop() {
        let byte: [UInt8] = [0]
        _ = try? unsafe byte.withUnsafeBytes { try unsafe writeEnd.write($0) }
    }

    /// Waits until there is something to read from `descriptor`, or its end; false where `stop()` came first.
    func allowsReading(_ descriptor: FileDescriptor) -> Bool {
        var both = [
            pollfd(fd: readEnd.rawValue, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0),
        ]
        while unsafe poll(&both, 2, -1) < 0 && clinux_errno() == EINTR {}
        return both[0].revents == 0
    }

    deinit {
        try? readEnd.close()
        try? writeEnd.close()
    }
}
