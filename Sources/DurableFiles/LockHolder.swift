internal import CLinux
internal import Glibc
internal import SystemPackage

/// The process that holds a kernel lock, as `/proc` shows it to every user, also for another user's process.
package struct LockHolder: Sendable, Equatable {
    package let process: Int32
    /// As it was started, without the directory of the program; `of another user` where that is hidden.
    package let command: String
    /// Seconds since 1970 when it was started.
    package let began: Int?
    /// By a signal or by a tracer: it continues only after SIGCONT, or when the tracer lets it.
    package let isStopped: Bool

    /// Nil where nobody is found: `/proc` is not there, or the lock was let go meanwhile.
    static func of(_ file: borrowing OpenFile) -> LockHolder? {
        // The list changes while it is read, and may then lack a line.
        for _ in 0..<5 {
            if let holder = LockHolder(of: file) { return holder }
        }
        return nil
    }

    private init?(of file: borrowing OpenFile) {
        guard let status = try? file.descriptor.stat() else { return nil }
        let lockers = Self.lockers(inode: UInt64(status.inode.rawValue), device: UInt64(status.deviceID.rawValue))
        // What the locker has started may hold the lock after its end.
        for process in lockers {
            if let holder = LockHolder(process) ?? LockHolder(hidden: process) {
                self = holder
                return
            }
        }
        guard !lockers.isEmpty, let heir = Self.process(thatHasOpen: status), let holder = LockHolder(heir) else {
            return nil
        }
        self = holder
    }

    private init?(_ process: Int32) {
        guard let text = Self.text("/proc/\(process)/stat"), let name = text.lastIndex(of: ")") else { return nil }
        // The second word is a name in parentheses that may hold anything (proc_pid_stat(5)).
        let words = text[text.index(after: name)...].split(separator: " ")
        guard words.count > 19, words[0] != "Z", words[0] != "X" else { return nil }
        self.process = process
        isStopped = words[0] == "T" || words[0] == "t"
        command = Self.command(of: process) ?? String(text[..<name].drop { $0 != "(" }.dropFirst())
        began = Int(words[19]).flatMap { ticks in
            Self.bootTime().map { $0 + ticks / max(1, sysconf(Int32(_SC_CLK_TCK))) }
        }
    }

    /// One that is alive, and which `/proc` does not show to this user.
    private init?(hidden process: Int32) {
        guard kill(process, 0) != 0, clinux_errno() == EPERM else { return nil }
        self.process = process
        command = "of another user"
        began = nil
        isStopped = false
    }

    /// The processes that have taken a lock on the file. `/proc/locks` (proc_locks(5)) names the file system's device,
    /// which on Btrfs is not the one that a file says: then the number of the file has to do.
    private static func lockers(inode: UInt64, device: UInt64) -> [Int32] {
        let major = device >> 8 & 0xfff | device >> 32 & ~0xfff
        let minor = device & 0xff | device >> 12 & ~0xff
        var exact: [Int32] = []
        var others: [Int32] = []
        for line in (text("/proc/locks") ?? "").split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 5, words[1] == "FLOCK", let process = Int32(words[4]), process > 0 else { continue }
            let place = words[5].split(separator: ":")
            guard place.count == 3, UInt64(place[2]) == inode else { continue }
            let isExact = UInt64(place[0], radix: 16) == major && UInt64(place[1], radix: 16) == minor
            if isExact { exact.append(process) } else { others.append(process) }
        }
        return exact.isEmpty ? others : exact
    }

    /// As far as this user may look.
    private static func process(thatHasOpen wanted: Stat) -> Int32? {
        let processes = ((try? namesInDirectory("/proc")) ?? nil ?? []).compactMap { Int32($0) }
        return processes.first { process in
            guard process != getpid() else { return false }
            let directory = FilePath("/proc/\(process)/fd")
            return ((try? namesInDirectory(directory)) ?? nil ?? []).contains { name in
                guard let status = try? directory.appending(name).stat() else { return false }
                return status.inode == wanted.inode && status.deviceID == wanted.deviceID
            }
        }
    }

    private static func command(of process: Int32) -> String? {
        guard let bytes = try? readFile(FilePath("/proc/\(process)/cmdline"), limit: 1 << 21) else { return nil }
        var words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        guard let program = words.first else { return nil }
        words[0] = FilePath(program).lastComponent?.string ?? program
        let text = words.joined(separator: " ")
        return text.count > 100 ? "\(text.prefix(99))…" : text
    }

    /// Seconds since 1970.
    private static func bootTime() -> Int? {
        (text("/proc/stat") ?? "").split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap {
            Int($0.dropFirst("btime ".count))
        }
    }

    /// In few calls: the kernel generates the text again for each, and the parts may not fit together.
    private static func text(_ path: String) -> String? {
        guard let file = try? OpenFile(FilePath(path), .readOnly) else { return nil }
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 18)
        while let count = try? file.read(into: &piece), count > 0 { all += piece[..<count] }
        return String(decoding: all, as: UTF8.self)
    }
}
